import { summaryOf } from "@nomad/measure";
import type { LineChart } from "../chart/chart.ts";
import type { Evaluation, MoveCell, Sweep } from "../evaluation.ts";
import { byteSize, pointOf, short, spread } from "../numbers.ts";
import { type Block, chartBlock, type Finding, text } from "../report/block.ts";
import type { Section } from "./section.ts";
import { sweepNames, sweeps } from "./sweeps.ts";

/** A section for each thing that is varied. */
export const pauses: readonly Section[] = sweepNames.map((sweep) => ({
  title: sweeps[sweep].title,
  blocks: (evaluation) => blocks(sweep, cellsOf(evaluation, sweep)),
  findings: (evaluation) => findings(sweep, cellsOf(evaluation, sweep)),
}));

/** Ascending. */
function cellsOf({ moves = [] }: Evaluation, sweep: Sweep): readonly MoveCell[] {
  return moves.filter((cell) => cell.sweep === sweep).sort((a, b) => a.value - b.value);
}

function blocks(sweep: Sweep, cells: readonly MoveCell[]): readonly Block[] | null {
  if (cells.length === 0) return null;
  const head = [
    sweeps[sweep].axis,
    "moves",
    "paused, ms",
    "connections held, ms",
    "whole move, ms",
    "copied",
    "stopped",
    "messages",
  ];
  return [text(sweeps[sweep].about), chartBlock(chart(sweep, cells)), { kind: "table", head, rows: cells.map(row) }];
}

function row({ value, moves }: MoveCell): string[] {
  const copied = summaryOf(moves.map(({ bytes }) => bytes)).median;
  const last = summaryOf(moves.map(({ pagesWhileStopped }) => pagesWhileStopped)).median;
  return [
    value.toLocaleString("en"),
    String(moves.length),
    spread(moves.map(({ pausedMs }) => pausedMs)),
    spread(moves.map(heldMs)),
    spread(moves.map(({ totalMs }) => totalMs)),
    byteSize(copied),
    `${short(last)} pages`,
    spread(moves.map(({ controlMessages }) => controlMessages)),
  ];
}

/** From the first queue that is gated until the guest runs and its peers have gone on. */
const heldMs = ({ pausedMs, phases }: MoveCell["moves"][number]): number =>
  pausedMs + (phases.suspended ?? 0) + (phases["peers-suspended"] ?? 0) + (phases["peers-resumed"] ?? 0);

function chart(sweep: Sweep, cells: readonly MoveCell[]): LineChart {
  const points = (of: (move: MoveCell["moves"][number]) => number) =>
    cells.map(({ value, moves }) => pointOf(value, moves.map(of)));
  const { title, axis } = sweeps[sweep];
  return {
    kind: "line",
    name: `pause-${sweep}`,
    title,
    alt: `Lines of the pause of a move, and of how long connections are held, by ${axis}, with quartiles.`,
    x: { title: axis },
    y: { title: "ms" },
    series: [
      { name: "paused", points: points(({ pausedMs }) => pausedMs) },
      { name: "connections held", points: points(heldMs) },
    ],
  };
}

function findings(sweep: Sweep, cells: readonly MoveCell[]): Finding[] {
  const found = cells.filter(({ aborted }) => aborted > 0).map((cell) => undone(sweep, cell));
  const ratio = growth(sweep, cells);
  return ratio ? [ratio, ...found] : found;
}

function undone(sweep: Sweep, { value, aborted, moves }: MoveCell): Finding {
  const share = `${aborted} of ${aborted + moves.length} moves were undone`;
  return { reached: false, text: `${sweeps[sweep].title}, ${value.toLocaleString("en")}: ${share}.` };
}

function growth(sweep: Sweep, cells: readonly MoveCell[]): Finding | null {
  const { ratioMax, axis } = sweeps[sweep];
  const [least, most] = [cells[0], cells.at(-1)];
  if (ratioMax === undefined || !least || !most || least === most) return null;
  const paused = (cell: MoveCell) => summaryOf(cell.moves.map(({ pausedMs }) => pausedMs)).median;
  const ratio = paused(most) / paused(least);
  const values = `${most.value.toLocaleString("en")} ${axis}: ${short(ratio)} x the pause with ${least.value}`;
  return { reached: ratio <= ratioMax, text: `${values} (${short(paused(most))} ms); the goal is ${ratioMax} x.` };
}
