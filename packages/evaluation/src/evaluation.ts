import type { Machine } from "@nomad/measure/machine";

// What an evaluation has measured: raw.json. Plain data, every sample; the report is made of nothing else. Times are
// milliseconds and sizes are bytes unless a name says otherwise.

/** How much was measured: `smoke` only sees that it works. */
export type Extent = "smoke" | "quick" | "full";

/** One run of the whole evaluation, or of some of its sections. */
export interface Evaluation {
  readonly version: 1;
  readonly extent: Extent;
  /** ISO 8601. */
  readonly began: string;
  readonly seconds: number;
  readonly seed: number;
  /** Of this software. */
  readonly release: string;
  readonly machine: Machine;
  /** Processes that wanted to run when it ended, averaged over a minute. */
  readonly loadAtEnd: number;
  readonly virtualization?: readonly VirtualizationCell[];
  readonly latency?: LatencySeries;
  readonly moves?: readonly MoveCell[];
  readonly nas?: readonly NasRun[];
}

/** The same test of one size with virtual names and without them, in turn: sample i of both is of round i. */
export interface VirtualizationCell {
  /** As `nomad-rdma perf` calls it. */
  readonly test: string;
  readonly bytes: number;
  readonly unit: string;
  readonly better: "lower" | "higher";
  readonly virtual: readonly number[];
  readonly physical: readonly number[];
}

/** Round trips between two guests by when they ended, as the one measures that stays while the other moves. */
export interface LatencySeries {
  readonly messageBytes: number;
  readonly bucketMs: number;
  /** From the first round trip on. */
  readonly buckets: readonly LatencyBucket[];
  readonly moves: readonly TimedMove[];
}

export type LatencyBucket = readonly [count: number, meanUs: number, longestUs: number];

/** A move, and when each of its phases was reached, on the time axis of the buckets. */
export interface TimedMove extends MoveSample {
  readonly reachedMs: Readonly<Record<string, number>>;
}

/** What the record of a move says that ended well. */
export interface MoveSample {
  readonly totalMs: number;
  /** From the guest's stop at the source to its run at the destination. */
  readonly pausedMs: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly rounds: number;
  readonly pages: number;
  readonly pagesWhileStopped: number;
  readonly bytes: number;
  readonly controlMessages: number;
  readonly held: number;
  readonly cut: number;
}

/** What is varied; everything else stays as it is. */
export type Sweep = "idle" | "active" | "memory" | "dirty" | "peers";

/** Moves of one guest. */
export interface MoveCell {
  readonly sweep: Sweep;
  /** Of what is varied: queue pairs, MiB, pages per millisecond, peers. */
  readonly value: number;
  readonly moves: readonly MoveSample[];
  /** Moves that were undone; the guest went on at its source. */
  readonly aborted: number;
}

export type Kernel = "EP" | "IS" | "CG" | "MG" | "FT";
export type ProblemClass = "S" | "W" | "A";

/** A kernel of the NAS Parallel Benchmarks, repeated whole, with different numbers of moves in turn. */
export interface NasRun {
  readonly kernel: Kernel;
  readonly class: ProblemClass;
  readonly ranks: number;
  /** Every rank ended well, and every repetition has the official results. */
  readonly verified: boolean;
  readonly repetitions: readonly NasRepetition[];
  readonly moves: readonly NasMove[];
  readonly aborted: number;
}

export interface NasRepetition {
  /** How memory was named: as always, or by the adapter's own keys. */
  readonly names: "virtual" | "physical";
  readonly seconds: number;
  /** Millions of operations a second, as the benchmarks' authors count them. */
  readonly mops: number;
  /** Moves that began and ended while the clock ran. */
  readonly moves: number;
  /** It counts: nothing moved over its edges, and it is not the first, which warms up. */
  readonly counts: boolean;
}

export interface NasMove extends Pick<MoveSample, "totalMs" | "pausedMs"> {
  readonly rank: number;
  readonly from: string;
  readonly to: string;
  /** From 1, as the iteration in which it ended. */
  readonly repetition: number;
  readonly iteration: number;
}
