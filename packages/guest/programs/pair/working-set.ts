// Memory that makes a move work for its living: a part that is rewritten all the time, and a part that must only arrive.
import { allocate } from "nomad/memory";
import { MIB } from "./areas.ts";
import { fillStatic, isStatic } from "./pattern.ts";

const BLOCK: u32 = 4096;
const STEP: i64 = 1_000_000;

/** How much memory there is, and how much of it is rewritten. */
@final
export class WorkingSetOptions {
  cold: u32 = 16 * MIB;
  hot: u32 = 2 * MIB;
  /** Pages of `hot` that are rewritten every millisecond at most, in turn; 0 for none. */
  pagesPerStep: u32 = 16;
}

@final
export class WorkingSet {
  private readonly cold: u32;
  private readonly hot: u32;
  private readonly blocks: u32;
  /** How often each block has been written: what is in it follows from that. */
  private readonly generations: StaticArray<u32>;
  private cursor: u32 = 0;
  private nextStep: i64 = 0;

  constructor(
    private readonly seed: u64,
    private readonly options: WorkingSetOptions,
  ) {
    const blocks = options.hot / BLOCK;
    this.cold = allocate(options.cold, 4096);
    this.hot = allocate(options.hot, 4096);
    this.blocks = blocks;
    this.generations = new StaticArray<u32>(blocks);
    fillStatic(this.cold, options.cold, seed);
    for (let block: u32 = 0; block < blocks; block++) this.rewrite(block);
  }

  /** Rewrites the next blocks when it is time; returns the time of the next step, < 0 for never. */
  step(now: i64): i64 {
    const pages = this.options.pagesPerStep;
    if (pages === 0) return -1;
    if (now >= this.nextStep) {
      for (let i: u32 = 0; i < pages; i++) this.rewrite(this.cursor++ % this.blocks);
      this.nextStep = now + STEP;
    }
    return this.nextStep;
  }

  /** Is every byte what was last written? */
  isIntact(): bool {
    if (!isStatic(this.cold, this.options.cold, this.seed, 0)) return false;
    for (let block: u32 = 0; block < this.blocks; block++) {
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
