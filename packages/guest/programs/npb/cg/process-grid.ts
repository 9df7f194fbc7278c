// The ranks as a rectangle: each has a block of the matrix, and of every vector the part that its column multiplies.
import { allreduce, Communicator, F64, SUM, split } from "nomad/mpi";
import { Doubles } from "../common/arrays.ts";
import { shareStart } from "../common/share.ts";
import { sumOf } from "../common/sums.ts";

const TRANSPOSE: i32 = 1;

/** As near to a square as it gets with so many columns for each row that every column lies within one row's part. */
@final
export class ProcessGrid {
  /** This rank's block of the matrix. */
  readonly firstRow: i32;
  readonly endRow: i32;
  readonly firstColumn: i32;
  readonly endColumn: i32;
  /** The ranks of this one's row: together they have every vector whole. */
  private readonly row: Communicator;
  /** Who has the part of a product that we go on with, and goes on with a part that we have. */
  private readonly partner: i32;
  /** Where in our part of a product that is which the partner goes on with, and its elements. */
  private readonly partnersPlace: i32;
  private readonly partnersCount: i32;

  constructor(
    private readonly world: Communicator,
    n: i32,
  ) {
    const rows = rowsOf(world.size);
    const columns = world.size / rows;
    const row = world.rank / columns;
    const column = world.rank % columns;
    const firstRow = shareStart(n, rows, row);
    this.firstRow = firstRow;
    this.endRow = shareStart(n, rows, row + 1);
    this.firstColumn = shareStart(n, columns, column);
    this.endColumn = shareStart(n, columns, column + 1);
    this.row = split(world, row, column);
    const perRow = columns / rows;
    const partnersColumn = perRow * row + (column % perRow);
    this.partner = (column / perRow) * columns + partnersColumn;
    const partnersFirst = shareStart(n, columns, partnersColumn);
    this.partnersPlace = partnersFirst - firstRow;
    this.partnersCount = shareStart(n, columns, partnersColumn + 1) - partnersFirst;
  }

  /** Of the blocks' products, each for its rows, to the product's part for our columns. `product` is overwritten. */
  gatherProduct(product: Doubles, into: Doubles): void {
    allreduce(this.row, product.at(0), product.at(0), this.endRow - this.firstRow, F64, SUM);
    const out = product.at(this.partnersPlace);
    const outBytes = 8 * this.partnersCount;
    const inBytes = 8 * (this.endColumn - this.firstColumn);
    this.world.sendrecv(out, outBytes, this.partner, into.at(0), inBytes, this.partner, TRANSPOSE);
  }

  /** A sum over all parts of a vector. */
  sum(part: f64): f64 {
    return sumOf(this.row, part);
  }
}

/** The most rows of which the ranks make a multiple of as many columns. */
function rowsOf(ranks: i32): i32 {
  let rows = 1;
  for (let side = 2; side * side <= ranks; side++) if (ranks % (side * side) === 0) rows = side;
  return rows;
}
