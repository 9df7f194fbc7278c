// The right-hand side: +1 at the ten largest and -1 at the ten smallest of random numbers in the grid's points.
import { allocate } from "nomad/memory";
import { allgather, Communicator } from "nomad/mpi";
import { jump, step, unit } from "../common/random.ts";
import { Grid } from "./grid.ts";

const SEED: u64 = 314159265;
const EACH: u32 = 10;

/** Numbers that are kept, the outermost of one side, with their places in the whole grid: f64, i32 each, 16 bytes. */
@final
class Extremes {
  readonly at: u32 = allocate(16 * EACH, 16);
  /** The innermost of those kept: nothing within is of interest. */
  bound: f64 = 0;

  /** @param sign 1: the largest, -1: the smallest */
  constructor(private readonly sign: f64) {}

  clear(): void {
    for (let i: u32 = 0; i < EACH; i++) {
      store<f64>(this.at + 16 * i, -this.sign);
      store<i32>(this.at + 16 * i, -1, 8);
    }
    this.bound = -this.sign;
  }

  offer(value: f64, place: i32): void {
    if (value * this.sign <= this.bound * this.sign) return;
    const slot = this.innermost();
    store<f64>(this.at + 16 * slot, value);
    store<i32>(this.at + 16 * slot, place, 8);
    this.bound = load<f64>(this.at + 16 * this.innermost());
  }

  /** Those of all ranks together. */
  merge(world: Communicator, all: u32): void {
    allgather(world, this.at, 16 * EACH, all);
    this.clear();
    for (let i: u32 = 0; i < EACH * <u32>world.size; i++) {
      this.offer(load<f64>(all + 16 * i), load<i32>(all + 16 * i, 8));
    }
  }

  placeOf(index: u32): i32 {
    return load<i32>(this.at + 16 * index, 8);
  }

  private innermost(): u32 {
    let found: u32 = 0;
    for (let i: u32 = 1; i < EACH; i++) {
      if (load<f64>(this.at + 16 * i) * this.sign < load<f64>(this.at + 16 * found) * this.sign) found = i;
    }
    return found;
  }
}

const largest = new Extremes(1);
const smallest = new Extremes(-1);
let gathered: u32 = 0;

/** Places the charges in the rank's part of the grid. */
export function placeCharges(world: Communicator, grid: Grid): void {
  if (gathered === 0) gathered = allocate(16 * EACH * world.size, 16);
  const n = grid.n;
  const first = grid.before * n * n;
  let state = jump(SEED, first);
  largest.clear();
  smallest.clear();
  for (let place = first; place < first + grid.planes * n * n; place++) {
    state = step(state);
    const value = unit(state);
    if (value > largest.bound) largest.offer(value, place);
    else if (value < smallest.bound) smallest.offer(value, place);
  }
  // Of a grid that is not cut everybody has seen all of it.
  if (grid.isCut) largest.merge(world, gathered);
  if (grid.isCut) smallest.merge(world, gathered);
  grid.zero();
  for (let i: u32 = 0; i < EACH; i++) {
    charge(grid, largest.placeOf(i), 1);
    charge(grid, smallest.placeOf(i), -1);
  }
  grid.wrap();
}

function charge(grid: Grid, place: i32, value: f64): void {
  const n = grid.n;
  const z = place / (n * n) - grid.before;
  if (z < 0 || z >= grid.planes) return;
  const y = (place / n) % n;
  store<f64>(grid.row(y + 1, z + 1) + 8 * ((place % n) + 1), value);
}
