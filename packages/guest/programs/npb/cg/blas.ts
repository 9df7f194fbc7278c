// Vector operations on a rank's part, two elements at a time.
import { Doubles } from "../common/arrays.ts";

/** y = y + factor x */
export function addScaled(y: Doubles, factor: f64, x: Doubles, count: i32): void {
  const factors = f64x2.splat(factor);
  const even = count & ~1;
  for (let i = 0; i < even; i += 2) y.setPair(i, f64x2.add(y.pair(i), f64x2.mul(factors, x.pair(i))));
  if (even < count) y[even] += factor * x[even];
}

/** y = factor y + x */
export function scaleAndAdd(y: Doubles, factor: f64, x: Doubles, count: i32): void {
  const factors = f64x2.splat(factor);
  const even = count & ~1;
  for (let i = 0; i < even; i += 2) y.setPair(i, f64x2.add(f64x2.mul(factors, y.pair(i)), x.pair(i)));
  if (even < count) y[even] = factor * y[even] + x[even];
}

export function dotProduct(a: Doubles, b: Doubles, count: i32): f64 {
  // Two pairs of sums, so that an addition need not wait for the one before.
  let sums = f64x2.splat(0);
  let others = f64x2.splat(0);
  const fours = count & ~3;
  for (let i = 0; i < fours; i += 4) {
    sums = f64x2.add(sums, f64x2.mul(a.pair(i), b.pair(i)));
    others = f64x2.add(others, f64x2.mul(a.pair(i + 2), b.pair(i + 2)));
  }
  sums = f64x2.add(sums, others);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (let i = fours; i < count; i++) sum += a[i] * b[i];
  return sum;
}
