// The benchmarks' generator: x' = a x mod 2^46, and as a number x' / 2^46. A product of 64 bits has the low 46 right.

const MULTIPLIER: u64 = 1220703125;
const MASK: u64 = (1 << 46) - 1;
const SCALE: f64 = 1.0 / <f64>((<u64>1) << 46);

/** The state after one step. */
export function step(state: u64): u64 {
  return (state * MULTIPLIER) & MASK;
}

/** The number of a state, in (0, 1). */
export function unit(state: u64): f64 {
  return <f64>state * SCALE;
}

/** The state after `count` steps. */
export function jump(state: u64, count: u64): u64 {
  let power = MULTIPLIER;
  for (; count > 0; count >>= 1) {
    if ((count & 1) !== 0) state = (state * power) & MASK;
    power = (power * power) & MASK;
  }
  return state;
}

/** Numbers one after the other. */
@final
export class Random {
  constructor(private state: u64) {}

  next(): f64 {
    this.state = step(this.state);
    return unit(this.state);
  }
}
