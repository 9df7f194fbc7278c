import type { MoveRecord } from "@nomad/protocol/http";
import { duration } from "../output/format.ts";
import { type Column, table } from "../output/table.ts";
import type { Kernel, ProblemClass } from "./kernels.ts";
import type { Progress, Repetition } from "./progress.ts";

/** A move that ended while the clock ran, and where its rank then was. */
export interface CompletedMove {
  readonly rank: number;
  readonly from: string;
  readonly to: string;
  readonly repetition: number;
  readonly iteration: number;
  readonly totalMs: number;
  readonly pausedMs: number;
}

export interface KernelResult {
  readonly kernel: Kernel;
  readonly class: ProblemClass;
  readonly ranks: number;
  /** Moves that completed while the clock ran. */
  readonly moves: number;
  /** Every rank ended well, and every repetition has the official results. */
  readonly verified: boolean;
  /** Of the repetitions in which moves completed, on average; without moves, of the first. */
  readonly seconds: number;
  readonly mops: number;
  /** The same of the first repetition, in which nothing moved. */
  readonly withoutMoves: { readonly seconds: number; readonly mops: number };
  /** The same of the second, in which nothing moved and memory was named by the adapter's own keys. */
  readonly withoutVirtualization: { readonly seconds: number; readonly mops: number };
  readonly repetitions: number;
  readonly completed: readonly CompletedMove[];
  /** Moves that were undone; the guest went on at its source. */
  readonly aborted: number;
}

export function completedMove(rank: number, move: MoveRecord, at: Progress): CompletedMove {
  const { from, to, totalMs, pausedMs } = move;
  return { rank, from, to, repetition: at.repetition, iteration: at.iteration, totalMs, pausedMs };
}

/** What a run of a kernel came to. `repetitions` may be empty: then it failed before the first ended. */
export function kernelResult(run: {
  readonly kernel: Kernel;
  readonly class: ProblemClass;
  readonly ranks: number;
  readonly endedWell: boolean;
  readonly repetitions: readonly Repetition[];
  readonly completed: readonly CompletedMove[];
  readonly aborted: number;
}): KernelResult {
  const { kernel, ranks, repetitions, completed, aborted } = run;
  const moved = repetitions.filter((_, i) => completed.some((move) => move.repetition === i + 1));
  const first = repetitions.slice(0, 1);
  return {
    kernel,
    class: run.class,
    ranks,
    moves: completed.length,
    verified: run.endedWell && repetitions.length > 0 && repetitions.every(({ verified }) => verified),
    ...speed(moved.length > 0 ? moved : first),
    withoutMoves: speed(first),
    withoutVirtualization: speed(repetitions.filter(({ names }) => names === "physical")),
    repetitions: repetitions.length,
    completed,
    aborted,
  };
}

/** The mean time, and how many operations a second that is: every repetition has the same work. */
function speed(of: readonly Repetition[]): { seconds: number; mops: number } {
  const [first] = of;
  if (!first) return { seconds: 0, mops: 0 };
  const seconds = of.reduce((sum, repetition) => sum + repetition.seconds, 0) / of.length;
  return { seconds, mops: (first.mops * first.seconds) / seconds };
}

const number = (value: number): string => value.toPrecision(4);

const columns: readonly Column<KernelResult>[] = [
  { title: "kernel", cell: (result) => `${result.kernel} ${result.class}` },
  { title: "ranks", align: "right", cell: (result) => String(result.ranks) },
  { title: "verified", cell: (result) => (result.verified ? "yes" : "NO") },
  { title: "repetitions", align: "right", cell: (result) => String(result.repetitions) },
  { title: "moves", align: "right", cell: (result) => String(result.moves) },
  { title: "in iteration", cell: ({ completed }) => completed.map(({ iteration }) => iteration).join(" ") },
  { title: "paused", cell: ({ completed }) => completed.map(({ pausedMs }) => duration(pausedMs)).join(" ") },
  { title: "seconds", align: "right", cell: (result) => number(result.seconds) },
  { title: "Mop/s", align: "right", cell: (result) => number(result.mops) },
  { title: "physical names", align: "right", cell: (result) => number(result.withoutVirtualization.mops) },
  { title: "without moves", align: "right", cell: (result) => number(result.withoutMoves.mops) },
];

export const kernelTable = (results: readonly KernelResult[], emphasis: (text: string) => string): string =>
  table(columns, results, emphasis);
