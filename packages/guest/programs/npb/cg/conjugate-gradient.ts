import { allgatherv, Communicator } from "nomad/mpi";
import { Doubles } from "../common/arrays.ts";
import { isClose, Kernel } from "../common/kernel.ts";
import { shareStart } from "../common/share.ts";
import { sumOf } from "../common/sums.ts";
import { addScaled, dotProduct, scaleAndAdd } from "./blas.ts";
import { Matrix } from "./matrix.ts";
import { SparseVectors } from "./vectors.ts";

const ITERATIONS: i32 = 15;
/** Steps of conjugate gradients in each. */
const STEPS: i32 = 25;
const TOLERANCE: f64 = 1e-10;

// By class S, W, A.
const sizes: StaticArray<i32> = [1400, 7000, 14000];
const nonzeros: StaticArray<i32> = [7, 8, 11];
const shifts: StaticArray<f64> = [10, 12, 20];
const officialZeta: StaticArray<f64> = [8.5971775078648, 10.362595087124, 17.130235054029];

/** Each rank has some rows of the matrix, and the same of every vector; the direction it has whole. */
@final
export class ConjugateGradient extends Kernel {
  private readonly n: i32;
  private readonly rows: i32;
  private readonly vectors: SparseVectors;
  private readonly matrix: Matrix;
  private readonly counts: StaticArray<u32>;
  private readonly places: StaticArray<u32>;
  /** The whole of the vector that is multiplied, and our part of it. */
  private readonly whole: Doubles;
  private readonly direction: Doubles;
  private readonly product: Doubles;
  private readonly residual: Doubles;
  private readonly solution: Doubles;
  private readonly start: Doubles;
  private zeta: f64 = 0;

  constructor(
    private readonly world: Communicator,
    private readonly problem: i32,
  ) {
    super("CG", ITERATIONS);
    const n = sizes[problem];
    const first = shareStart(n, world.size, world.rank);
    const end = shareStart(n, world.size, world.rank + 1);
    const vectors = new SparseVectors(n, nonzeros[problem]);
    this.n = n;
    this.rows = end - first;
    this.vectors = vectors;
    this.matrix = new Matrix(vectors, first, end, shifts[problem]);
    const counts = new StaticArray<u32>(world.size);
    const places = new StaticArray<u32>(world.size);
    for (let rank = 0; rank < world.size; rank++) {
      places[rank] = 8 * shareStart(n, world.size, rank);
      counts[rank] = 8 * shareStart(n, world.size, rank + 1) - places[rank];
    }
    this.counts = counts;
    this.places = places;
    const whole = Doubles.make(n);
    this.whole = whole;
    this.direction = changetype<Doubles>(whole.at(first));
    this.product = Doubles.make(end - first);
    this.residual = Doubles.make(end - first);
    this.solution = Doubles.make(end - first);
    this.start = Doubles.make(end - first);
  }

  prepare(): void {
    this.vectors.draw();
    this.matrix.assemble();
  }

  begin(): void {
    this.start.fill(1, this.rows);
    this.zeta = 0;
  }

  iterate(_iteration: i32): void {
    this.solve();
    const along = this.dot(this.start, this.solution);
    const norm = 1 / Math.sqrt(this.dot(this.solution, this.solution));
    this.zeta = shifts[this.problem] + 1 / along;
    for (let i = 0; i < this.rows; i++) this.start[i] = norm * this.solution[i];
  }

  verify(): bool {
    return isClose(this.zeta, officialZeta[this.problem], TOLERANCE);
  }

  megaOperations(): f64 {
    const nonzero = <f64>nonzeros[this.problem];
    const row = nonzero * (nonzero + 1);
    return (2.0 * ITERATIONS * this.n * (3 + row + STEPS * (5 + row) + 3)) / 1e6;
  }

  /** solution = A^-1 start, nearly. */
  private solve(): void {
    for (let i = 0; i < this.rows; i++) {
      this.solution[i] = 0;
      this.residual[i] = this.start[i];
      this.direction[i] = this.start[i];
    }
    let rho = this.dot(this.residual, this.residual);
    for (let step = 0; step < STEPS; step++) rho = this.stepOn(rho);
  }

  private stepOn(rho: f64): f64 {
    allgatherv(this.world, this.direction.at(0), this.whole.at(0), this.counts, this.places);
    this.matrix.multiply(this.whole, this.product);
    const alpha = rho / this.dot(this.direction, this.product);
    addScaled(this.solution, alpha, this.direction, this.rows);
    addScaled(this.residual, -alpha, this.product, this.rows);
    const next = this.dot(this.residual, this.residual);
    const beta = next / rho;
    scaleAndAdd(this.direction, beta, this.residual, this.rows);
    return next;
  }

  private dot(a: Doubles, b: Doubles): f64 {
    return sumOf(this.world, dotProduct(a, b, this.rows));
  }
}
