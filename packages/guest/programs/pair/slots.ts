/** Which of up to 32 slots are free. */
@final
export class Slots {
  private free: u32;

  constructor(count: u32) {
    this.free = count === 32 ? 0xffffffff : (1 << count) - 1;
  }

  get isEmpty(): bool {
    return this.free === 0;
  }

  /** The lowest free slot; there must be one. */
  take(): u32 {
    const slot = ctz(this.free);
    this.free &= this.free - 1;
    return slot;
  }

  give(slot: u32): void {
    this.free |= 1 << slot;
  }
}
