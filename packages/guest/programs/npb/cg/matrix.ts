// A block of the matrix, in compressed rows.
import { check } from "nomad/check";
import { Doubles, Ints } from "../common/arrays.ts";
import { ProcessGrid } from "./process-grid.ts";
import { SparseVectors } from "./vectors.ts";

/** The weights of the outer products fall from 1 to this, geometrically. */
const CONDITION: f64 = 0.1;

@final
export class Matrix {
  readonly rows: i32;
  private readonly firstRow: i32;
  private readonly firstColumn: i32;
  private readonly endColumn: i32;
  /** Elements that there is room for. */
  private readonly room: i32;
  /** Row i, counted from the first of ours, has the elements starts[i] up to starts[i + 1]. */
  private readonly starts: Ints;
  /** Where in our part of a vector is what an element is multiplied with, in bytes. */
  private readonly offsets: Ints;
  private readonly values: Doubles;
  /** One row while it is added up: its values by column, and its columns in the order in which they came. */
  private readonly row: Doubles;
  private readonly seen: Ints;
  private readonly order: Ints;

  constructor(
    private readonly vectors: SparseVectors,
    grid: ProcessGrid,
    private readonly shift: f64,
  ) {
    const n = vectors.count;
    const rows = grid.endRow - grid.firstRow;
    this.rows = rows;
    this.firstRow = grid.firstRow;
    this.firstColumn = grid.firstColumn;
    this.endColumn = grid.endColumn;
    this.starts = Ints.make(rows + 1);
    const room = elementsMax(rows, grid.endColumn - grid.firstColumn, n, vectors.room);
    this.room = room;
    this.offsets = Ints.make(room);
    this.values = Doubles.make(room);
    this.row = Doubles.make(n);
    this.seen = Ints.make(n);
    this.order = Ints.make(n);
  }

  /** Adds up the outer products of the vectors, and the diagonal. */
  assemble(): void {
    const members = new Membership(this.vectors, this.firstRow, this.firstRow + this.rows);
    this.seen.zero(this.vectors.count);
    let place = 0;
    for (let row = 0; row < this.rows; row++) {
      this.starts[row] = place;
      place = this.finishRow(this.addUpRow(this.firstRow + row, members), place);
    }
    this.starts[this.rows] = place;
  }

  /** result = A vector, for our rows of the result and our columns of A. */
  multiply(vector: Doubles, result: Doubles): void {
    for (let row = 0; row < this.rows; row++) {
      result[row] = this.multiplyRow(this.starts[row], this.starts[row + 1], vector);
    }
  }

  @inline
  private multiplyRow(start: i32, end: i32, vector: Doubles): f64 {
    const base = vector.at(0);
    let value = this.values.at(start);
    let offset = this.offsets.at(start);
    const fours = value + 8 * ((end - start) & ~3);
    // Four sums, so that an addition need not wait for the one before.
    let a: f64 = 0;
    let b: f64 = 0;
    let c: f64 = 0;
    let d: f64 = 0;
    for (; value < fours; value += 32, offset += 16) {
      a += load<f64>(value) * load<f64>(base + load<u32>(offset));
      b += load<f64>(value, 8) * load<f64>(base + load<u32>(offset, 4));
      c += load<f64>(value, 16) * load<f64>(base + load<u32>(offset, 8));
      d += load<f64>(value, 24) * load<f64>(base + load<u32>(offset, 12));
    }
    for (const last = this.values.at(end); value < last; value += 8, offset += 4) {
      a += load<f64>(value) * load<f64>(base + load<u32>(offset));
    }
    return a + b + (c + d);
  }

  /** The number of the row's elements in our columns. */
  private addUpRow(row: i32, members: Membership): i32 {
    const vectors = this.vectors;
    const local = row - this.firstRow;
    let length = 0;
    for (let m = members.starts[local]; m < members.starts[local + 1]; m++) {
      const element = members.elements[m];
      const vector = element / vectors.room;
      const scale = Math.pow(CONDITION, <f64>vector / vectors.count) * vectors.values[element];
      const start = vector * vectors.room;
      for (let k = start; k < start + vectors.lengths[vector]; k++) {
        const column = vectors.columns[k];
        if (!this.hasColumn(column)) continue;
        if (this.seen[column] === 0) {
          this.seen[column] = 1;
          this.row[column] = 0;
          this.order[length++] = column;
        }
        this.row[column] += scale * vectors.values[k];
      }
    }
    // Vector i has an element i, so that the diagonal is there.
    if (this.hasColumn(row)) this.row[row] += CONDITION - this.shift;
    return length;
  }

  @inline
  private hasColumn(column: i32): bool {
    return column >= this.firstColumn && column < this.endColumn;
  }

  private finishRow(length: i32, place: i32): i32 {
    check(place + length <= this.room, "CG: the matrix is about equally full everywhere");
    for (let i = 0; i < length; i++, place++) {
      const column = this.order[i];
      this.offsets[place] = 8 * (column - this.firstColumn);
      this.values[place] = this.row[column];
      this.seen[column] = 0;
    }
    return place;
  }
}

/** On average a vector has a row's column `room` times, and brings `room` elements; a few blocks have more. */
function elementsMax(rows: i32, columns: i32, n: i32, room: i32): i32 {
  const average = (<i64>rows * columns * room * room) / n;
  return <i32>((average * 5) / 4) + rows * room;
}

/** Which elements of which vectors are in a row: by row, in the order of the vectors. */
@final
class Membership {
  readonly starts: StaticArray<i32>;
  readonly elements: StaticArray<i32>;

  constructor(vectors: SparseVectors, first: i32, end: i32) {
    const rows = end - first;
    const starts = new StaticArray<i32>(rows + 2);
    for (let e = 0; e < vectors.count * vectors.room; e++) {
      if (isIn(vectors, e, first, end)) starts[vectors.columns[e] - first + 2]++;
    }
    for (let row = 2; row < rows + 2; row++) starts[row] += starts[row - 1];
    const elements = new StaticArray<i32>(starts[rows + 1]);
    // While it is filled, starts[row + 1] is where the row's next element goes.
    for (let e = 0; e < vectors.count * vectors.room; e++) {
      if (isIn(vectors, e, first, end)) elements[starts[vectors.columns[e] - first + 1]++] = e;
    }
    this.starts = starts;
    this.elements = elements;
  }
}

function isIn(vectors: SparseVectors, element: i32, first: i32, end: i32): bool {
  const vector = element / vectors.room;
  if (element - vector * vectors.room >= vectors.lengths[vector]) return false;
  const row = vectors.columns[element];
  return row >= first && row < end;
}
