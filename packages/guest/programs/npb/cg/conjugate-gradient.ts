import { Communicator } from "nomad/mpi";
import { Doubles } from "../common/arrays.ts";
import { isClose, Kernel } from "../common/kernel.ts";
import { addScaled, dotProduct, scaleAndAdd } from "./blas.ts";
import { Matrix } from "./matrix.ts";
import { ProcessGrid } from "./process-grid.ts";
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

/** A vector's part is the same at every rank of a column, and computed by each of them. */
@final
export class ConjugateGradient extends Kernel {
  private readonly n: i32;
  private readonly grid: ProcessGrid;
  /** Elements of our part of a vector. */
  private readonly count: i32;
  private readonly vectors: SparseVectors;
  private readonly matrix: Matrix;
  /** A block's product, which is not yet the sum of its row's. */
  private readonly partial: Doubles;
  private readonly direction: Doubles;
  private readonly product: Doubles;
  private readonly residual: Doubles;
  private readonly solution: Doubles;
  private readonly start: Doubles;
  private zeta: f64 = 0;

  constructor(
    world: Communicator,
    private readonly problem: i32,
  ) {
    super("CG", ITERATIONS);
    const n = sizes[problem];
    const grid = new ProcessGrid(world, n);
    const count = grid.endColumn - grid.firstColumn;
    const vectors = new SparseVectors(n, nonzeros[problem]);
    this.n = n;
    this.grid = grid;
    this.count = count;
    this.vectors = vectors;
    this.matrix = new Matrix(vectors, grid, shifts[problem]);
    this.partial = Doubles.make(grid.endRow - grid.firstRow);
    this.direction = Doubles.make(count);
    this.product = Doubles.make(count);
    this.residual = Doubles.make(count);
    this.solution = Doubles.make(count);
    this.start = Doubles.make(count);
  }

  prepare(): void {
    this.vectors.draw();
    this.matrix.assemble();
  }

  begin(): void {
    this.start.fill(1, this.count);
    this.zeta = 0;
  }

  iterate(_iteration: i32): void {
    this.solve();
    const along = this.dot(this.start, this.solution);
    const norm = 1 / Math.sqrt(this.dot(this.solution, this.solution));
    this.zeta = shifts[this.problem] + 1 / along;
    for (let i = 0; i < this.count; i++) this.start[i] = norm * this.solution[i];
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
    for (let i = 0; i < this.count; i++) {
      this.solution[i] = 0;
      this.residual[i] = this.start[i];
      this.direction[i] = this.start[i];
    }
    let rho = this.dot(this.residual, this.residual);
    for (let step = 0; step < STEPS; step++) rho = this.stepOn(rho);
  }

  private stepOn(rho: f64): f64 {
    this.matrix.multiply(this.direction, this.partial);
    this.grid.gatherProduct(this.partial, this.product);
    const alpha = rho / this.dot(this.direction, this.product);
    addScaled(this.solution, alpha, this.direction, this.count);
    addScaled(this.residual, -alpha, this.product, this.count);
    const next = this.dot(this.residual, this.residual);
    const beta = next / rho;
    scaleAndAdd(this.direction, beta, this.residual, this.count);
    return next;
  }

  private dot(a: Doubles, b: Doubles): f64 {
    return this.grid.sum(dotProduct(a, b, this.count));
  }
}
