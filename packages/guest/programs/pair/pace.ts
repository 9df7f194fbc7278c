const SECOND: i64 = 1_000_000_000;

/** Spreads operations over time: `rate` a second, and no more than `burst` at once after a pause. */
@final
export class Pace {
  private readonly interval: i64;
  private next: i64 = 0;

  /** A rate of 0 sets no limit. */
  constructor(
    rate: i64,
    private readonly burst: u32,
  ) {
    this.interval = rate > 0 ? SECOND / rate : 0;
  }

  /** May the next operation begin? */
  isDue(now: i64): bool {
    this.next = max(this.next, now - this.interval * this.burst);
    return now >= this.next;
  }

  /** An operation has begun. */
  spend(): void {
    this.next += this.interval;
  }

  /** Nanoseconds until the next may begin; `otherwise` when only something else can hold it up. */
  dueIn(now: i64, otherwise: i64): i64 {
    return now < this.next ? this.next - now : otherwise;
  }
}
