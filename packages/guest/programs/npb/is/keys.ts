import { Ints } from "../common/arrays.ts";
import { jump, step, unit } from "../common/random.ts";

const SEED: u64 = 314159265;
const DRAWS: u64 = 4;

/** Keys `first` to `first + count` of the sequence: each 2^bits / 4 times the sum of four random numbers. */
export function makeKeys(keys: Ints, first: i32, count: i32, bits: i32): void {
  let state = jump(SEED, DRAWS * first);
  const scale = <f64>(1 << bits) / 4;
  for (let i = 0; i < count; i++) {
    let sum: f64 = 0;
    for (let draw: u64 = 0; draw < DRAWS; draw++) {
      state = step(state);
      sum += unit(state);
    }
    keys[i] = <i32>(scale * sum);
  }
}
