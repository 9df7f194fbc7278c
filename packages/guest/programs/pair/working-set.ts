// Memory that makes a move work for its living: a part that is rewritten all the time, and a part that must only arrive.
import { allocate } from "nomad/memory";
import { MIB } from "./areas.ts";
import { fillStatic, isStatic } from "./pattern.ts";

const HOT: u32 = 2 * MIB;
const COLD: u32 = 16 * MIB;
const BLOCK: u32 = 4096;
const BLOCKS: u32 = HOT / BLOCK;
/** Rewritten every millisecond at most. */
const BLOCKS_PER_STEP: u32 = 16;
const STEP: i64 = 1_000_000;

@final
export class WorkingSet {
  private readonly cold: u32 = allocate(COLD, 4096);
  private readonly hot: u32 = allocate(HOT, 4096);
  /** How often each block has been written: what is in it follows from that. */
  private readonly generations: StaticArray<u32> = new StaticArray<u32>(BLOCKS);
  private cursor: u32 = 0;
  private nextStep: i64 = 0;

  constructor(
    private readonly seed: u64,
    private readonly dirty: bool,
  ) {
    fillStatic(this.cold, COLD, seed);
    for (let block: u32 = 0; block < BLOCKS; block++) this.rewrite(block);
  }

  /** Rewrites the next blocks when it is time; returns the time of the next step, < 0 for never. */
  step(now: i64): i64 {
    if (!this.dirty) return -1;
    if (now >= this.nextStep) {
      for (let i: u32 = 0; i < BLOCKS_PER_STEP; i++) this.rewrite(this.cursor++ % BLOCKS);
      this.nextStep = now + STEP;
    }
    return this.nextStep;
  }

  /** Is every byte what was last written? */
  isIntact(): bool {
    if (!isStatic(this.cold, COLD, this.seed, 0)) return false;
    for (let block: u32 = 0; block < BLOCKS; block++) {
      if (!isStatic(this.hot + block * BLOCK, BLOCK, this.contents(block), 0)) return false;
    }
    return true;
  }

  private rewrite(block: u32): void {
    this.generations[block]++;
    fillStatic(this.hot + block * BLOCK, BLOCK, this.contents(block));
  }

  private contents(block: u32): u64 {
    return this.seed ^ (((<u64>this.generations[block]) << 32) | (block << 12));
  }
}
