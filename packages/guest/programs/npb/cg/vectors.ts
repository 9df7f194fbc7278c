// The random sparse vectors whose outer products make the matrix.
import { Doubles, Ints } from "../common/arrays.ts";
import { Random } from "../common/random.ts";

const SEED: u64 = 314159265;
const OWN_VALUE: f64 = 0.5;

/** `count` vectors of `kept` random elements each, and element i of vector i. */
@final
export class SparseVectors {
  /** Places for elements of each vector. */
  readonly room: i32;
  readonly lengths: Ints;
  readonly columns: Ints;
  readonly values: Doubles;

  constructor(
    readonly count: i32,
    private readonly kept: i32,
  ) {
    this.room = kept + 1;
    this.lengths = Ints.make(count);
    this.columns = Ints.make(count * (kept + 1));
    this.values = Doubles.make(count * (kept + 1));
  }

  draw(): void {
    const random = new Random(SEED);
    // The benchmark draws one number before the matrix.
    random.next();
    for (let i = 0; i < this.count; i++) this.drawOne(i, random);
  }

  private drawOne(vector: i32, random: Random): void {
    const first = vector * this.room;
    const places = powerOfTwo(this.count);
    let length = 0;
    while (length < this.kept) {
      const value = random.next();
      const column = <i32>(<f64>places * random.next());
      if (column >= this.count || this.find(first, length, column) >= 0) continue;
      this.columns[first + length] = column;
      this.values[first + length] = value;
      length++;
    }
    const own = this.find(first, length, vector);
    const place = own >= 0 ? own : length;
    this.columns[first + place] = vector;
    this.values[first + place] = OWN_VALUE;
    this.lengths[vector] = own >= 0 ? length : length + 1;
  }

  private find(first: i32, length: i32, column: i32): i32 {
    for (let i = 0; i < length; i++) if (this.columns[first + i] === column) return i;
    return -1;
  }
}

function powerOfTwo(atLeast: i32): i32 {
  let power = 1;
  while (power < atLeast) power <<= 1;
  return power;
}
