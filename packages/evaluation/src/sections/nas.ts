import { median } from "@nomad/measure";
import type { BarChart } from "../chart/chart.ts";
import type { NasRun } from "../evaluation.ts";
import { goals, nasGoal, referenceMops } from "../goals.ts";
import { percent, short, spread } from "../numbers.ts";
import { type Block, chartBlock, type Finding, text } from "../report/block.ts";
import type { Section } from "./section.ts";

/** The NAS Parallel Benchmarks over MPI, while ranks move. */
export const nas: Section = {
  title: "NAS Parallel Benchmarks while ranks move",
  blocks: ({ nas: runs }) => (runs ? [text(intro), chartBlock(chart(runs)), speeds(runs), moves(runs)] : null),
  findings: ({ nas: runs = [] }) => runs.flatMap(findingsOf),
};

const intro =
  "Each kernel is repeated whole in one run; the ranks move at random, one at a time, so many in each repetition in turn. A repetition " +
  "counts by the moves that began and ended while its clock ran; those with a move over their edges, and the first, are left out. Some name memory by the adapter's own keys, without translation. Every " +
  "repetition is verified against the official results.";

/** Seconds of the repetitions with so many moves. */
function secondsWith({ repetitions }: NasRun, count: number): number[] {
  const like = repetitions.filter((one) => one.counts && one.names === "virtual" && one.moves === count);
  return like.map(({ seconds }) => seconds);
}

/** How many moves repetitions had that count; ascending. */
function countsOf(runs: readonly NasRun[]): number[] {
  const counts = runs.flatMap(({ repetitions }) => repetitions.filter((one) => one.counts).map((one) => one.moves));
  return [...new Set(counts)].sort((a, b) => a - b);
}

const nameOf = (run: NasRun): string => `${run.kernel} ${run.class}`;

function chart(runs: readonly NasRun[]): BarChart {
  const slowdown = (run: NasRun, count: number): number | null => {
    const [still, moved] = [secondsWith(run, 0), secondsWith(run, count)];
    return still.length > 0 && moved.length > 0 ? Number((median(moved) / median(still)).toPrecision(4)) : null;
  };
  return {
    kind: "bar",
    name: "nas",
    title: "Time of a kernel, as a multiple of that without moves",
    alt: "Bars of the time each kernel takes with moves, relative to the time without.",
    y: { title: "time, relative" },
    groups: runs.map((run) => `${nameOf(run)}, ${run.ranks} ranks`),
    series: countsOf(runs).map((count) => ({
      name: `${count} ${count === 1 ? "move" : "moves"}`,
      values: runs.map((run) => slowdown(run, count)),
    })),
    mark: { y: 1, title: "without moves" },
  };
}

function speeds(runs: readonly NasRun[]): Block {
  const counts = countsOf(runs);
  const head = [
    "kernel",
    "ranks",
    "verified",
    "Mop/s, no moves",
    "of the reference",
    "Mop/s, physical names",
    ...counts.map((n) => `s, ${n} moves`),
  ];
  const rows = runs.map((run) => {
    const share = shareOf(run);
    const speed = still(run).map(({ mops }) => mops);
    const physical = spread(still(run, "physical").map(({ mops }) => mops));
    const times = counts.map((count) => spread(secondsWith(run, count)));
    const verdict = run.verified ? "yes" : "NO";
    return [
      nameOf(run),
      String(run.ranks),
      verdict,
      spread(speed),
      share === null ? "-" : percent(share),
      physical,
      ...times,
    ];
  });
  return { kind: "table", head, rows };
}

const still = ({ repetitions }: NasRun, names: "virtual" | "physical" = "virtual") =>
  repetitions.filter((one) => one.counts && one.names === names && one.moves === 0);

/** Of the reference's speed; null where there is none to compare with, or nothing was measured. */
function shareOf(run: NasRun): number | null {
  const byRanks: Readonly<Record<number, Readonly<Record<NasRun["kernel"], number>>>> =
    run.class === "S" ? {} : referenceMops[run.class];
  const reference = byRanks[run.ranks]?.[run.kernel];
  const speed = median(still(run).map(({ mops }) => mops));
  return reference === undefined || speed === 0 ? null : speed / reference;
}

function moves(runs: readonly NasRun[]): Block {
  const head = ["kernel", "rank", "from", "to", "repetition", "iteration", "whole move, ms", "paused, ms"];
  const rows = runs.flatMap((run) =>
    run.moves.map((move) => [
      nameOf(run),
      String(move.rank),
      move.from,
      move.to,
      String(move.repetition),
      String(move.iteration),
      short(move.totalMs),
      short(move.pausedMs),
    ]),
  );
  return { kind: "table", head, rows };
}

function findingsOf(run: NasRun): Finding[] {
  const found: Finding[] = [];
  const repeated = `${run.repetitions.length} repetitions, ${run.moves.length} moves`;
  found.push({
    reached: run.verified,
    text: run.verified
      ? `${nameOf(run)} on ${run.ranks} ranks has the official results in every repetition (${repeated}).`
      : `${nameOf(run)} on ${run.ranks} ranks: a repetition has other results than the official ones (${repeated}).`,
  });
  if (run.aborted > 0) found.push({ reached: false, text: `${nameOf(run)}: ${run.aborted} moves were undone.` });
  const share = shareOf(run);
  if (share !== null && run.class === nasGoal.class && run.ranks === nasGoal.ranks) {
    const speed = `${percent(share)} of the reference's speed; the goal is ${percent(goals.nasShare)}`;
    found.push({ reached: share >= goals.nasShare, text: `${nameOf(run)} on ${run.ranks} ranks runs at ${speed}.` });
  }
  return found;
}
