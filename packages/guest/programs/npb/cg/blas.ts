// Vector operations on a rank's part.
import { Doubles } from "../common/arrays.ts";

/** y = y + factor x */
export function addScaled(y: Doubles, factor: f64, x: Doubles, count: i32): void {
  for (let i = 0; i < count; i++) y[i] += factor * x[i];
}

/** y = factor y + x */
export function scaleAndAdd(y: Doubles, factor: f64, x: Doubles, count: i32): void {
  for (let i = 0; i < count; i++) y[i] = factor * y[i] + x[i];
}

export function dotProduct(a: Doubles, b: Doubles, count: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}
