import { Communicator } from "nomad/mpi";
import { isClose, Kernel } from "../common/kernel.ts";
import { sumOf } from "../common/sums.ts";
import { placeCharges } from "./charges.ts";
import { Grid } from "./grid.ts";
import { residual, smooth } from "./stencil.ts";
import { interpolate, restrict } from "./transfer.ts";

const ITERATIONS: i32 = 4;
const COARSEST: i32 = 2;
const TOLERANCE: f64 = 1e-8;

// By class S, W, A.
const sizes: StaticArray<i32> = [32, 128, 256];
const officialNorm: StaticArray<f64> = [0.5307707005734e-4, 0.6467329375339e-5, 0.2433365309069e-5];

@final
export class MultiGrid extends Kernel {
  /** From the coarsest to the finest. */
  private readonly u: Grid[] = [];
  private readonly r: Grid[] = [];
  private readonly v: Grid;

  constructor(
    private readonly world: Communicator,
    private readonly problem: i32,
  ) {
    super("MG", ITERATIONS);
    this.v = new Grid(world, sizes[problem]);
    for (let n = COARSEST; n <= sizes[problem]; n *= 2) {
      this.u.push(new Grid(world, n));
      this.r.push(new Grid(world, n));
    }
  }

  prepare(): void {
    placeCharges(this.world, this.v);
  }

  begin(): void {
    this.u[this.finest].zero();
    residual(this.u[this.finest], this.v, this.r[this.finest]);
  }

  iterate(_iteration: i32): void {
    const top = this.finest;
    for (let level = top; level > 0; level--) restrict(this.r[level], this.r[level - 1]);
    this.u[0].zero();
    smooth(this.r[0], this.u[0]);
    for (let level = 1; level < top; level++) {
      this.u[level].zero();
      this.climb(level, this.r[level]);
    }
    this.climb(top, this.v);
    residual(this.u[top], this.v, this.r[top]);
  }

  verify(): bool {
    return isClose(this.norm(), officialNorm[this.problem], TOLERANCE);
  }

  megaOperations(): f64 {
    const n = <f64>sizes[this.problem];
    return (58.0 * ITERATIONS * n * n * n) / 1e6;
  }

  private get finest(): i32 {
    return this.u.length - 1;
  }

  /** Takes the solution of the level below, and improves it on this one. */
  private climb(level: i32, rightHandSide: Grid): void {
    interpolate(this.u[level - 1], this.u[level]);
    residual(this.u[level], rightHandSide, this.r[level]);
    smooth(this.r[level], this.u[level]);
  }

  /** Root of the mean square of the residual. */
  private norm(): f64 {
    const r = this.r[this.finest];
    let sum: f64 = 0;
    for (let z = 1; z <= r.planes; z++) {
      for (let y = 1; y <= r.n; y++) sum += squares(r.row(y, z), r.n);
    }
    const points = <f64>r.n * r.n * r.n;
    return Math.sqrt((r.isCut ? sumOf(this.world, sum) : sum) / points);
  }
}

function squares(row: usize, count: i32): f64 {
  let sum: f64 = 0;
  for (let x = row + 8; x <= row + 8 * count; x += 8) sum += load<f64>(x) * load<f64>(x);
  return sum;
}
