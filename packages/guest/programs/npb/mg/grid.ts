// A periodic grid of n^3 points with a layer of copies around it. A fine one is cut into slabs of planes, one for each
// rank; a coarse one is whole on every rank, who all compute the same.
import { allgather, Communicator } from "nomad/mpi";
import { Doubles } from "../common/arrays.ts";

/** A grid is cut only where each rank gets so many planes. */
const PLANES_MIN: i32 = 4;

/** Tags of planes: to the neighbour above, and to the one below. */
const UPWARDS: i32 = 0;
const DOWNWARDS: i32 = 1;

@final
export class Grid {
  /** Points of a row with its copies. */
  readonly width: i32;
  /** Planes that this rank has, and how many come before them. */
  readonly planes: i32;
  readonly before: i32;
  readonly isCut: bool;
  readonly data: Doubles;

  constructor(
    private readonly world: Communicator,
    readonly n: i32,
  ) {
    const isCut = world.size > 1 && n / world.size >= PLANES_MIN;
    const planes = isCut ? n / world.size : n;
    this.isCut = isCut;
    this.width = n + 2;
    this.planes = planes;
    this.before = isCut ? world.rank * planes : 0;
    this.data = Doubles.make((n + 2) * (n + 2) * (planes + 2));
  }

  /** Address of the row y of plane z: both from 0, which is a copy, to n + 1 and planes + 1. */
  @inline
  row(y: i32, z: i32): usize {
    return this.data.at((z * this.width + y) * this.width);
  }

  get planeBytes(): u32 {
    return 8 * this.width * this.width;
  }

  zero(): void {
    memory.fill(this.row(0, 0), 0, this.planeBytes * (this.planes + 2));
  }

  /** Makes the copies around the points what they are copies of (comm3). */
  wrap(): void {
    for (let z = 1; z <= this.planes; z++) this.wrapPlane(z);
    const last = this.planes;
    if (this.isCut) return this.exchange();
    memory.copy(this.row(0, 0), this.row(0, last), this.planeBytes);
    memory.copy(this.row(0, last + 1), this.row(0, 1), this.planeBytes);
  }

  /** Of a grid that is not cut: everybody gets the planes that each has computed, `each` of them, in order. */
  gatherPlanes(each: i32): void {
    const mine = 1 + this.world.rank * each;
    allgather(this.world, this.row(0, mine), each * this.planeBytes, this.row(0, 1));
  }

  private wrapPlane(z: i32): void {
    const n = this.n;
    for (let y = 1; y <= n; y++) {
      const row = this.row(y, z);
      store<f64>(row, load<f64>(row + 8 * n));
      store<f64>(row + 8 * (n + 1), load<f64>(row + 8));
    }
    const bytes = 8 * this.width;
    memory.copy(this.row(0, z), this.row(n, z), bytes);
    memory.copy(this.row(n + 1, z), this.row(1, z), bytes);
  }

  /** The first and last plane go to the neighbours, around the ring of ranks. */
  private exchange(): void {
    const world = this.world;
    const planes = this.planes;
    const planeBytes = this.planeBytes;
    const above = (world.rank + 1) % world.size;
    const below = (world.rank - 1 + world.size) % world.size;
    // All four at once: the two neighbours may be anywhere.
    world.waitall([
      world.irecv(this.row(0, 0), planeBytes, below, UPWARDS),
      world.irecv(this.row(0, planes + 1), planeBytes, above, DOWNWARDS),
      world.isend(this.row(0, planes), planeBytes, above, UPWARDS),
      world.isend(this.row(0, 1), planeBytes, below, DOWNWARDS),
    ]);
  }
}
