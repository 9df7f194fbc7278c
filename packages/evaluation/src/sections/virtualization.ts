import { pairedRatio, summaryOf } from "@nomad/measure";
import type { LineChart } from "../chart/chart.ts";
import type { VirtualizationCell } from "../evaluation.ts";
import { goals } from "../goals.ts";
import { byteSize, short, spread } from "../numbers.ts";
import { type Block, chartBlock, type Finding, text } from "../report/block.ts";
import type { Section } from "./section.ts";

/** What virtual names cost: the same programs with them and without, in turn. */
export const virtualization: Section = {
  title: "What virtual names cost",
  blocks: ({ virtualization: cells }) =>
    cells
      ? [text(intro), chartBlock(chart(cells)), { kind: "table", head, rows: cells.map(row) } satisfies Block]
      : null,
  findings: ({ virtualization: cells = [] }) => cells.map(finding),
};

const intro =
  "The same test between the same two guests, with the namespace virtualized and without, changing from batch to batch. " +
  "The ratio is cost with virtual names to cost without (for bandwidth, its inverse), the median over the rounds, with its 95 % " +
  "interval by bootstrap: 1 is no cost.";

const head = ["test", "size", "unit", "virtual names", "physical names", "cost ratio", "95 % interval"];

/** What it costs more: a bandwidth that is lower is a cost that is higher. */
function cost({ better, virtual, physical }: VirtualizationCell) {
  return better === "lower" ? pairedRatio(virtual, physical) : pairedRatio(physical, virtual);
}

function row(cell: VirtualizationCell): string[] {
  const { ratio, interval } = cost(cell);
  const values = [cell.unit, spread(cell.virtual), spread(cell.physical), ratio.toFixed(3)];
  return [cell.test, byteSize(cell.bytes), ...values, interval.map((end) => end.toFixed(3)).join(" to ")];
}

function chart(cells: readonly VirtualizationCell[]): LineChart {
  const tests = [...new Set(cells.map(({ test }) => test))];
  const points = (test: string) =>
    cells
      .filter((cell) => cell.test === test)
      .map((cell) => {
        const { ratio, interval } = cost(cell);
        return { x: cell.bytes, y: ratio, low: interval[0], high: interval[1] };
      });
  return {
    kind: "line",
    name: "virtualization",
    title: "Cost with virtual names, as a multiple of the cost without",
    alt: "Lines of the cost ratio by message size, with 95 % intervals.",
    x: { title: "message, bytes" },
    y: { title: "ratio", fits: true },
    series: tests.map((test) => ({ name: test, points: points(test) })),
    mark: { y: goals.virtualization, title: `goal ${goals.virtualization}` },
  };
}

function finding(cell: VirtualizationCell): Finding {
  const { interval } = cost(cell);
  const [low, high] = interval.map((end) => end.toFixed(3));
  const { median } = summaryOf(cell.virtual);
  const where = `${cell.test} of ${byteSize(cell.bytes)} (${short(median)} ${cell.unit})`;
  const limit = `the ratio is between ${low} and ${high}; the goal is ${goals.virtualization} at most`;
  return { reached: interval[1] <= goals.virtualization, text: `Virtual names, ${where}: ${limit}.` };
}
