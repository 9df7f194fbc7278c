// memory: 16 MiB
// EP: pairs of Gaussian random numbers, by the polar method. No communication but the sums at the end.
import { argument } from "nomad/arguments";
import { check } from "nomad/check";
import { allocate } from "nomad/memory";
import { allreduce, Communicator, F64, init, SUM } from "nomad/mpi";
import { run } from "./common/harness.ts";
import { classIndex, isClose, Kernel } from "./common/kernel.ts";
import { jump, step, unit } from "./common/random.ts";
import { shareStart } from "./common/share.ts";

const SEED: u64 = 271828183;
/** Pairs are made in batches of 2^16, each with its own place in the sequence. */
const BATCH_BITS: i32 = 16;
/** The work has no iterations of its own; parts of it are told as such. */
const PARTS: i32 = 16;
const TOLERANCE: f64 = 1e-8;

// By class S, W, A.
const bits: StaticArray<i32> = [24, 25, 28];
const officialX: StaticArray<f64> = [-3.24783465203474e3, -2.863319731645753e3, -4.295875165629892e3];
const officialY: StaticArray<f64> = [-6.958407078382297e3, -6.320053679109499e3, -1.580732573678431e4];

class EmbarrassinglyParallel extends Kernel {
  private readonly totals: u32 = allocate(16, 16);
  private sumX: f64 = 0;
  private sumY: f64 = 0;

  constructor(
    private readonly world: Communicator,
    private readonly index: i32,
  ) {
    super("EP", PARTS);
  }

  prepare(): void {}

  begin(): void {
    this.sumX = 0;
    this.sumY = 0;
  }

  iterate(part: i32): void {
    const batches = 1 << (bits[this.index] - BATCH_BITS);
    const parts = PARTS * this.world.size;
    const mine = this.world.rank * PARTS + part - 1;
    const end = shareStart(batches, parts, mine + 1);
    for (let batch = shareStart(batches, parts, mine); batch < end; batch++) this.addBatch(batch);
    if (part === PARTS) this.addUp();
  }

  verify(): bool {
    const index = this.index;
    const x = isClose(load<f64>(this.totals), officialX[index], TOLERANCE);
    return x && isClose(load<f64>(this.totals, 8), officialY[index], TOLERANCE);
  }

  megaOperations(): f64 {
    return Math.pow(2, bits[this.index] + 1) / 1e6;
  }

  private addBatch(batch: i32): void {
    let state = jump(SEED, (<u64>batch) << (BATCH_BITS + 1));
    let sumX: f64 = 0;
    let sumY: f64 = 0;
    for (let pair = 0; pair < 1 << BATCH_BITS; pair++) {
      state = step(state);
      const x = 2 * unit(state) - 1;
      state = step(state);
      const y = 2 * unit(state) - 1;
      const square = x * x + y * y;
      if (square > 1) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      sumX += x * factor;
      sumY += y * factor;
    }
    this.sumX += sumX;
    this.sumY += sumY;
  }

  private addUp(): void {
    store<f64>(this.totals, this.sumX);
    store<f64>(this.totals, this.sumY, 8);
    allreduce(this.world, this.totals, this.totals, 2, F64, SUM);
  }
}

export function main(): i32 {
  const index = classIndex(argument("class", "S"));
  check(index >= 0, "EP: the class is S, W or A");
  const world = init();
  return run(world, new EmbarrassinglyParallel(world, index));
}
