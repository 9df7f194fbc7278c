// Transforms of many lines at a time (Stockham's algorithm, radix 2): a block holds LINES lines beside each other, element
// after element, so that every step runs over neighbours. A complex number is one vector.
import { allocate } from "nomad/memory";

export const LINES: i32 = 16;
export const COMPLEX: u32 = 16;
const LENGTH_MAX: u32 = 256;

/** Where blocks are filled in and where results are; `transform` says which of the two holds the result. */
export const blockA = allocate(LENGTH_MAX * LINES * COMPLEX, 4096);
export const blockB = allocate(LENGTH_MAX * LINES * COMPLEX, 4096);

/** e^(2 pi i k / n) for all k below n / 2. */
@final
export class Roots {
  private readonly table: u32;

  constructor(readonly n: i32) {
    const table = allocate((n / 2) * COMPLEX, 64);
    for (let k = 0; k < n / 2; k++) {
      const angle = (2 * Math.PI * k) / n;
      store<f64>(table + COMPLEX * k, Math.cos(angle));
      store<f64>(table + COMPLEX * k, Math.sin(angle), 8);
    }
    this.table = table;
  }

  @inline
  cosine(k: i32): f64 {
    return load<f64>(this.table + COMPLEX * k);
  }

  @inline
  sine(k: i32): f64 {
    return load<f64>(this.table + COMPLEX * k, 8);
  }
}

/** Transforms the block in blockA, in the direction `sign` (1 or -1); the address of the block that has the result. */
export function transform(roots: Roots, sign: f64): usize {
  let from: usize = blockA;
  let into: usize = blockB;
  let stride = <usize>(LINES * COMPLEX);
  for (let length = roots.n; length > 1; length >>= 1) {
    combine(roots, length, stride, sign, from, into);
    const swapped = from;
    from = into;
    into = swapped;
    stride <<= 1;
  }
  return from;
}

/** One step: sums and turned differences of the two halves, neighbours in the result. */
function combine(roots: Roots, length: i32, stride: usize, sign: f64, from: usize, into: usize): void {
  const half = length >> 1;
  const turn = roots.n / length;
  const distance = <usize>half * stride;
  for (let p = 0; p < half; p++) {
    const cosine = f64x2.splat(roots.cosine(p * turn));
    const sine = sign * roots.sine(p * turn);
    const turned = f64x2.replace_lane(f64x2.splat(sine), 0, -sine);
    const source = from + <usize>p * stride;
    const target = into + 2 * <usize>p * stride;
    for (let q: usize = 0; q < stride; q += COMPLEX) {
      const a = v128.load(source + q);
      const b = v128.load(source + q + distance);
      const difference = f64x2.sub(a, b);
      const crossed = v128.shuffle<f64>(difference, difference, 1, 0);
      v128.store(target + q, f64x2.add(a, b));
      v128.store(target + q + stride, f64x2.add(f64x2.mul(difference, cosine), f64x2.mul(crossed, turned)));
    }
  }
}
