// How the field lies in memory. In space a rank has some planes z, in frequency some rows y of every plane:
//
//   in space      [rank of y][z of ours][y of that rank][x]
//   in frequency  [z][y of ours][x]
//
// so that the part for each rank is in one piece on both sides, and nothing is packed. Rows of x are contiguous in both.
import { alltoall, Communicator } from "nomad/mpi";
import { COMPLEX } from "./lines.ts";

@final
export class Slab {
  /** Planes and rows that each rank has. */
  readonly planes: i32;
  readonly rows: i32;
  /** The first plane and the first row of ours. */
  readonly firstPlane: i32;
  readonly firstRow: i32;
  readonly rowBytes: u32;
  /** Of the part that goes from one rank to another. */
  readonly partBytes: u32;

  constructor(
    private readonly world: Communicator,
    readonly nx: i32,
    readonly ny: i32,
    readonly nz: i32,
  ) {
    const planes = nz / world.size;
    const rows = ny / world.size;
    this.planes = planes;
    this.rows = rows;
    this.firstPlane = world.rank * planes;
    this.firstRow = world.rank * rows;
    this.rowBytes = COMPLEX * nx;
    this.partBytes = COMPLEX * nx * rows * planes;
  }

  get bytes(): u32 {
    return this.partBytes * this.world.size;
  }

  /** In space: offset of the row y of our plane z. */
  rowInSpace(y: i32, z: i32): usize {
    const rank = y / this.rows;
    return <usize>(((rank * this.planes + z) * this.rows + (y - rank * this.rows)) * this.rowBytes);
  }

  /** In frequency: offset of our row y of plane z. */
  rowInFrequency(y: i32, z: i32): usize {
    return <usize>((z * this.rows + y) * this.rowBytes);
  }

  /** From the one to the other, either way. */
  transpose(from: usize, into: usize): void {
    alltoall(this.world, from, this.partBytes, into);
  }
}
