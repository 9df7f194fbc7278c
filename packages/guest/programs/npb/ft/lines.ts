// Transforms of many lines at a time (Stockham's algorithm, radix 4): a block holds LINES lines beside each other, element
// after element, so that every step runs over neighbours. A complex number is one vector.
import { allocate } from "nomad/memory";

export const LINES: i32 = 16;
export const COMPLEX: u32 = 16;
const LENGTH_MAX: u32 = 256;

/** Where blocks are filled in and where results are; `transform` says which of the two holds the result. */
export const blockA = allocate(LENGTH_MAX * LINES * COMPLEX, 4096);
export const blockB = allocate(LENGTH_MAX * LINES * COMPLEX, 4096);

/** e^(2 pi i k / n) for all k below 3 n / 4. */
@final
export class Roots {
  private readonly table: u32;

  constructor(readonly n: i32) {
    const count = (3 * n) / 4;
    const table = allocate(count * COMPLEX, 64);
    for (let k = 0; k < count; k++) {
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
  for (let length = roots.n; length > 1; ) {
    const radix = length % 4 === 0 ? 4 : 2;
    if (radix === 4) combineFour(roots, length, stride, sign, from, into);
    else addAndSubtract(stride, from, into);
    const swapped = from;
    from = into;
    into = swapped;
    stride *= radix;
    length /= radix;
  }
  return from;
}

/** The last step of a length that is no power of four: sum and difference of two halves. */
function addAndSubtract(stride: usize, from: usize, into: usize): void {
  for (let q: usize = 0; q < stride; q += COMPLEX) {
    const a = v128.load(from + q);
    const b = v128.load(from + q + stride);
    v128.store(into + q, f64x2.add(a, b));
    v128.store(into + q + stride, f64x2.sub(a, b));
  }
}

/** One step: transforms of four, of the same place in each quarter, turned; neighbours in the result. */
function combineFour(roots: Roots, length: i32, stride: usize, sign: f64, from: usize, into: usize): void {
  const quarter = length >> 2;
  const turn = roots.n / length;
  const distance = <usize>quarter * stride;
  const quarterTurn = alternating(sign);
  for (let p = 0; p < quarter; p++) {
    const source = from + <usize>p * stride;
    const target = into + 4 * <usize>p * stride;
    const cosine1 = f64x2.splat(roots.cosine(p * turn));
    const cosine2 = f64x2.splat(roots.cosine(2 * p * turn));
    const cosine3 = f64x2.splat(roots.cosine(3 * p * turn));
    const sine1 = alternating(sign * roots.sine(p * turn));
    const sine2 = alternating(sign * roots.sine(2 * p * turn));
    const sine3 = alternating(sign * roots.sine(3 * p * turn));
    for (let q: usize = 0; q < stride; q += COMPLEX) {
      const a = v128.load(source + q);
      const b = v128.load(source + q + distance);
      const c = v128.load(source + q + 2 * distance);
      const d = v128.load(source + q + 3 * distance);
      const evenSum = f64x2.add(a, c);
      const evenDifference = f64x2.sub(a, c);
      const oddSum = f64x2.add(b, d);
      const oddTurned = f64x2.mul(crossed(f64x2.sub(b, d)), quarterTurn);
      v128.store(target + q, f64x2.add(evenSum, oddSum));
      v128.store(target + q + stride, turned(f64x2.add(evenDifference, oddTurned), cosine1, sine1));
      v128.store(target + q + 2 * stride, turned(f64x2.sub(evenSum, oddSum), cosine2, sine2));
      v128.store(target + q + 3 * stride, turned(f64x2.sub(evenDifference, oddTurned), cosine3, sine3));
    }
  }
}

/** (-value, value): times a crossed number it is that number times i value. */
function alternating(value: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(value), 0, -value);
}

/** Real and imaginary part, exchanged. */
function crossed(number: v128): v128 {
  return v128.shuffle<f64>(number, number, 1, 0);
}

/** number (cosine + i sine), the sine as `alternating` has it. */
function turned(number: v128, cosine: v128, sine: v128): v128 {
  return f64x2.add(f64x2.mul(number, cosine), f64x2.mul(crossed(number), sine));
}
