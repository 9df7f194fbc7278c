// What a kernel of the NAS Parallel Benchmarks is to the harness that runs it.

export abstract class Kernel {
  constructor(
    readonly name: string,
    readonly iterations: i32,
  ) {}

  /** Makes the problem; not timed. */
  abstract prepare(): void;

  /** To the state before the first iteration; timed. */
  abstract begin(): void;

  /** Iteration 1, 2, ...; timed. */
  abstract iterate(iteration: i32): void;

  /** Are the results the official ones? Every rank calls it; not timed. */
  abstract verify(): bool;

  /** Millions of operations, as the benchmarks' authors count them. */
  abstract megaOperations(): f64;
}

/** Within the benchmarks' tolerance? */
export function isClose(value: f64, official: f64, tolerance: f64): bool {
  return Math.abs((value - official) / official) <= tolerance;
}

/** The index of a problem class in a kernel's table, or -1. */
export function classIndex(name: string): i32 {
  return "SWA".indexOf(name);
}
