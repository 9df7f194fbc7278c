// Contents of messages, and a memory of what arrived.

/** Contents are a function of the step, the sender and the receiver (or ALL). */
export const ALL: i32 = 0xffff;

@final
export class Witness {
  /** Of everything received so far, in the program's order. */
  checksum: u64 = 0xcbf29ce484222325;
  /** Receives that brought something else than was sent. */
  wrong: u64 = 0;

  constructor(private readonly seed: u64) {}

  fill(at: usize, bytes: u32, step: u32, from: i32, to: i32): void {
    let word = this.first(step, from, to);
    for (const end = at + bytes; at < end; at += 8, word = next(word)) store<u64>(at, word);
  }

  check(at: usize, bytes: u32, step: u32, from: i32, to: i32): void {
    let word = this.first(step, from, to);
    let different: u64 = 0;
    let sum: u64 = 0;
    for (const end = at + bytes; at < end; at += 8, word = next(word)) {
      const seen = load<u64>(at);
      different |= seen ^ word;
      sum = sum * 31 + seen;
    }
    this.see(sum, different === 0);
  }

  see(value: u64, isRight: bool): void {
    this.checksum = (this.checksum ^ value) * 0x100000001b3;
    if (!isRight) this.wrong++;
  }

  /** A number of everybody's own, for reductions. */
  contribution(step: u32, rank: i32, index: u32): u64 {
    return next(this.first(step, rank, ALL) + index) >> 16;
  }

  private first(step: u32, from: i32, to: i32): u64 {
    return next((this.seed << 48) ^ ((<u64>step) << 32) ^ ((<u64>from) << 16) ^ <u64>to);
  }
}

function next(word: u64): u64 {
  let x = word + 0x9e3779b97f4a7c15;
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9;
  return x ^ (x >> 27);
}
