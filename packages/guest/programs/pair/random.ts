import { scatter } from "./pattern.ts";

/** Seeded random numbers (splitmix64); their state is part of the program's memory, and moves with it. */
@final
export class Random {
  constructor(private state: u64) {}

  next(): u64 {
    return scatter(this.state++);
  }

  /** From `low` to `high`, both included. */
  between(low: u32, high: u32): u32 {
    return low + <u32>(this.next() % (high - low + 1));
  }
}
