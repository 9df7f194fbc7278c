import { median } from "@nomad/measure";
import type { StackChart } from "../chart/chart.ts";
import type { MoveCell } from "../evaluation.ts";
import { short, spread } from "../numbers.ts";
import { quietPhases } from "../phases.ts";
import { type Block, chartBlock, text } from "../report/block.ts";
import type { Section } from "./section.ts";
import { sweepNames, sweeps } from "./sweeps.ts";

/** Where the time goes in which a guest's connections, and then itself, stand still. */
export const phases: Section = {
  title: "The pause by phase",
  blocks: ({ moves }) => {
    const cells = moves ? extremes(moves) : [];
    return cells.length > 0 ? [text(intro), chartBlock(chart(cells)), table(cells)] : null;
  },
  findings: () => [],
};

const intro =
  "Medians of each phase, from the moment when the guest's queues are gated on. In the first two it still runs, the others " +
  `are its pause. Each bar says what is varied, and the least or the greatest value of it (${sweepNames
    .map((sweep) => `${sweep}: ${sweeps[sweep].axis}`)
    .join("; ")}).`;

/** The least and the greatest value of everything that is varied. */
function extremes(cells: readonly MoveCell[]): MoveCell[] {
  return sweepNames.flatMap((sweep) => {
    const of = cells.filter((cell) => cell.sweep === sweep && cell.moves.length > 0);
    const ends = of.toSorted((a, b) => a.value - b.value);
    return [...new Set([ends[0], ends.at(-1)])].filter((cell) => cell !== undefined);
  });
}

const nameOf = ({ sweep, value }: MoveCell): string => `${sweep} ${value.toLocaleString("en")}`;

const samples = ({ moves }: MoveCell, phase: string): number[] => moves.map((move) => move.phases[phase] ?? 0);

function chart(cells: readonly MoveCell[]): StackChart {
  return {
    kind: "stack",
    name: "phases",
    title: "Where the pause goes",
    alt: "Stacked bars of the phases of a move, for the least and the greatest of everything that is varied.",
    y: { title: "ms" },
    bars: cells.map(nameOf),
    parts: quietPhases.map(({ name }) => ({ name, values: cells.map((cell) => median(samples(cell, name))) })),
  };
}

function table(cells: readonly MoveCell[]): Block {
  const head = ["phase, ms", "what is done", ...cells.map(nameOf)];
  const rows = quietPhases.map(({ name, says }) => [name, says, ...cells.map((cell) => spread(samples(cell, name)))]);
  const sum = (cell: MoveCell) => short(median(cell.moves.map(({ pausedMs }) => pausedMs)));
  return { kind: "table", head, rows: [...rows, ["paused", "", ...cells.map(sum)]] };
}
