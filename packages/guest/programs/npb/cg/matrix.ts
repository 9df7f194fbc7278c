// Some rows of the matrix, in compressed rows.
import { Doubles, Ints } from "../common/arrays.ts";
import { SparseVectors } from "./vectors.ts";

/** The weights of the outer products fall from 1 to this, geometrically. */
const CONDITION: f64 = 0.1;

@final
export class Matrix {
  readonly rows: i32;
  /** Row i, counted from the first of ours, has the elements starts[i] up to starts[i + 1]. */
  readonly starts: Ints;
  private readonly columns: Ints;
  private readonly values: Doubles;
  /** One row while it is added up: its values by column, and its columns in the order in which they came. */
  private readonly row: Doubles;
  private readonly seen: Ints;
  private readonly order: Ints;

  constructor(
    private readonly vectors: SparseVectors,
    private readonly first: i32,
    end: i32,
    private readonly shift: f64,
  ) {
    const n = vectors.count;
    const rows = end - first;
    this.rows = rows;
    this.starts = Ints.make(rows + 1);
    // On average a vector has a row's column `room` times, and brings `room` elements; a few ranks' rows have more.
    const elements = (rows * vectors.room * vectors.room * 5) / 4;
    this.columns = Ints.make(elements);
    this.values = Doubles.make(elements);
    this.row = Doubles.make(n);
    this.seen = Ints.make(n);
    this.order = Ints.make(n);
  }

  /** Adds up the outer products of the vectors, and the diagonal. */
  assemble(): void {
    const members = new Membership(this.vectors, this.first, this.first + this.rows);
    this.seen.zero(this.vectors.count);
    let place = 0;
    for (let row = 0; row < this.rows; row++) {
      this.starts[row] = place;
      place = this.finishRow(this.addUpRow(this.first + row, members), place);
    }
    this.starts[this.rows] = place;
  }

  /** result = A vector, for our rows of the result. */
  multiply(vector: Doubles, result: Doubles): void {
    const values = this.values;
    const columns = this.columns;
    for (let row = 0; row < this.rows; row++) {
      let sum: f64 = 0;
      const end = this.starts[row + 1];
      for (let k = this.starts[row]; k < end; k++) sum += values[k] * vector[columns[k]];
      result[row] = sum;
    }
  }

  /** The number of the row's elements. */
  private addUpRow(row: i32, members: Membership): i32 {
    const vectors = this.vectors;
    const local = row - this.first;
    let length = 0;
    for (let m = members.starts[local]; m < members.starts[local + 1]; m++) {
      const element = members.elements[m];
      const vector = element / vectors.room;
      const scale = Math.pow(CONDITION, <f64>vector / vectors.count) * vectors.values[element];
      const start = vector * vectors.room;
      for (let k = start; k < start + vectors.lengths[vector]; k++) {
        const column = vectors.columns[k];
        if (this.seen[column] === 0) {
          this.seen[column] = 1;
          this.row[column] = 0;
          this.order[length++] = column;
        }
        this.row[column] += scale * vectors.values[k];
      }
    }
    // Vector i has an element i, so that the diagonal is there.
    this.row[row] += CONDITION - this.shift;
    return length;
  }

  private finishRow(length: i32, place: i32): i32 {
    for (let i = 0; i < length; i++, place++) {
      const column = this.order[i];
      this.columns[place] = column;
      this.values[place] = this.row[column];
      this.seen[column] = 0;
    }
    return place;
  }
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
