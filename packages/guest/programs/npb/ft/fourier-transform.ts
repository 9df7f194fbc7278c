import { allocate } from "nomad/memory";
import { allreduce, Communicator, F64, SUM } from "nomad/mpi";
import { Doubles } from "../common/arrays.ts";
import { isClose, Kernel } from "../common/kernel.ts";
import { jump, step, unit } from "../common/random.ts";
import { COMPLEX } from "./lines.ts";
import { checksums, ITERATIONS, sizesX, sizesY, sizesZ } from "./official.ts";
import { Slab } from "./slab.ts";
import { Transforms } from "./transforms.ts";

const SEED: u64 = 314159265;
const ALPHA: f64 = 1e-6;
const TOLERANCE: f64 = 1e-12;
const CHECKED_POINTS: i32 = 1024;
const FORWARD: f64 = 1;
const BACKWARD: f64 = -1;

@final
export class FourierTransform extends Kernel {
  private readonly slab: Slab;
  private readonly transforms: Transforms;
  /** The field in frequency, as it evolves; the same, transformed on; the field in space. */
  private readonly frequency: usize;
  private readonly work: usize;
  private readonly space: usize;
  /** By wave number: what a mode fades by in one step, along each axis. */
  private readonly fadeX: Doubles;
  private readonly fadeY: Doubles;
  private readonly fadeZ: Doubles;
  private readonly sums: Doubles = Doubles.make(2 * ITERATIONS);

  constructor(
    private readonly world: Communicator,
    private readonly problem: i32,
  ) {
    super("FT", ITERATIONS);
    const slab = new Slab(world, sizesX[problem], sizesY[problem], sizesZ[problem]);
    this.slab = slab;
    this.transforms = new Transforms(slab);
    this.frequency = allocate(slab.bytes, 4096);
    this.work = allocate(slab.bytes, 4096);
    this.space = allocate(slab.bytes, 4096);
    this.fadeX = fades(slab.nx);
    this.fadeY = fades(slab.ny);
    this.fadeZ = fades(slab.nz);
  }

  prepare(): void {}

  begin(): void {
    this.drawField();
    this.transforms.alongX(this.space, FORWARD);
    this.transforms.alongY(this.space, FORWARD);
    this.slab.transpose(this.space, this.frequency);
    this.transforms.alongZ(this.frequency, FORWARD);
  }

  iterate(iteration: i32): void {
    this.evolve();
    this.transforms.alongZ(this.work, BACKWARD);
    this.slab.transpose(this.work, this.space);
    this.transforms.alongY(this.space, BACKWARD);
    this.transforms.alongX(this.space, BACKWARD);
    this.addChecksum(this.sums.at(2 * (iteration - 1)));
  }

  verify(): bool {
    const official = checksums[this.problem];
    for (let i = 0; i < 2 * ITERATIONS; i++) if (!isClose(this.sums[i], official[i], TOLERANCE)) return false;
    return true;
  }

  megaOperations(): f64 {
    const points = this.points;
    const log = Math.log(points);
    return (points * (14.8157 + 7.19641 * log + (5.23518 + 7.21113 * log) * ITERATIONS)) / 1e6;
  }

  private get points(): f64 {
    return <f64>this.slab.nx * this.slab.ny * this.slab.nz;
  }

  private drawField(): void {
    const slab = this.slab;
    let state = jump(SEED, <u64>2 * slab.nx * slab.ny * slab.firstPlane);
    for (let z = 0; z < slab.planes; z++) {
      for (let y = 0; y < slab.ny; y++) {
        const row = this.space + slab.rowInSpace(y, z);
        for (let at = row; at < row + slab.rowBytes; at += 8) {
          state = step(state);
          store<f64>(at, unit(state));
        }
      }
    }
  }

  /** One step in time: every mode fades. */
  private evolve(): void {
    const slab = this.slab;
    for (let z = 0; z < slab.nz; z++) {
      for (let y = 0; y < slab.rows; y++) {
        const row = slab.rowInFrequency(y, z);
        const fade = this.fadeZ[z] * this.fadeY[slab.firstRow + y];
        fadeRow(this.frequency + row, this.work + row, fade, this.fadeX, slab.nx);
      }
    }
  }

  private addChecksum(into: usize): void {
    const slab = this.slab;
    let sum = f64x2.splat(0);
    for (let j = 1; j <= CHECKED_POINTS; j++) {
      const z = ((5 * j) % slab.nz) - slab.firstPlane;
      if (z < 0 || z >= slab.planes) continue;
      const row = this.space + slab.rowInSpace((3 * j) % slab.ny, z);
      sum = f64x2.add(sum, v128.load(row + COMPLEX * (j % slab.nx)));
    }
    v128.store(into, f64x2.div(sum, f64x2.splat(this.points)));
    allreduce(this.world, into, into, 2, F64, SUM);
  }
}

function fadeRow(from: usize, into: usize, fade: f64, fadeX: Doubles, count: i32): void {
  for (let x = 0; x < count; x++) {
    const faded = f64x2.mul(v128.load(from), f64x2.splat(fade * fadeX[x]));
    v128.store(from, faded);
    v128.store(into, faded);
    from += COMPLEX;
    into += COMPLEX;
  }
}

/** e^(-4 alpha pi^2 k^2) for each index of an axis; its upper half are the negative wave numbers. */
function fades(n: i32): Doubles {
  const table = Doubles.make(n);
  for (let i = 0; i < n; i++) {
    const k = <f64>(i < n / 2 ? i : i - n);
    table[i] = Math.exp(-4 * ALPHA * Math.PI * Math.PI * k * k);
  }
  return table;
}
