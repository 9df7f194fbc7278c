// What happens, drawn from the seed: the same on every rank.
import { Random } from "../../pair/random.ts";

export const KIB: u32 = 1024;
export const BYTES_MAX: u32 = 512 * KIB;
/** Messages of one step, all ranks together. */
export const MESSAGES_MAX: i32 = 12;

/** A message from one rank to another. */
@final
export class Message {
  constructor(
    readonly from: i32,
    readonly to: i32,
    readonly tag: i32,
    readonly bytes: u32,
  ) {}
}

@final
export class Plan {
  /** Counts the steps: part of every message's contents. */
  step: u32 = 0;
  private readonly random: Random;

  constructor(
    readonly seed: u64,
    readonly ranks: i32,
  ) {
    this.random = new Random(seed * 0x9e3779b97f4a7c15 + 1);
  }

  below(bound: i32): i32 {
    return <i32>this.random.between(0, bound - 1);
  }

  rank(): i32 {
    return this.below(this.ranks);
  }

  /** A multiple of 8: mostly small, around the border of the eager protocol, or big. */
  bytes(): u32 {
    const lot = this.below(10);
    if (lot < 5) return this.random.between(0, 64) * 8;
    if (lot < 8) return this.random.between(2 * KIB - 8, 2 * KIB + 8) * 8;
    return this.random.between(0, BYTES_MAX / 8) * 8;
  }

  /** A few messages between any ranks, themselves included; each has a tag of its own. */
  messages(): Message[] {
    const messages: Message[] = [];
    const count = 1 + this.below(min(3 * this.ranks, MESSAGES_MAX));
    for (let tag = 0; tag < count; tag++) messages.push(new Message(this.rank(), this.rank(), tag, this.bytes()));
    return messages;
  }

  /** A random order of 0 to count - 1. */
  order(count: i32): i32[] {
    const order: i32[] = [];
    for (let i = 0; i < count; i++) order.push(i);
    for (let i = count - 1; i > 0; i--) {
      const other = this.below(i + 1);
      const kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
    return order;
  }
}
