import type { Figure } from "./figure.ts";

const columns: readonly (readonly [title: string, cell: (figure: Figure) => string])[] = [
  ["figure", (f) => f.name],
  ["value", (f) => `${f.value.toLocaleString("en")} ${f.unit}`],
  ["floor", (f) => (f.floor === 0 ? "-" : `${f.floor.toLocaleString("en")} ${f.unit}`)],
  ["ratio", ratioText],
  ["goal", goalText],
  ["", (f) => (f.goal === 0 ? "" : f.ok ? "ok" : "MISSED")],
];

const relatives: Readonly<Record<Exclude<Figure["goalOf"], "value">, string>> = {
  ratio: "x floor",
  interval: "x floor, whole interval",
};

function ratioText({ floor, ratio, interval }: Figure): string {
  if (floor === 0) return "-";
  return interval === undefined ? ratio.toFixed(2) : `${ratio.toFixed(3)} (${interval[0]} to ${interval[1]})`;
}

function goalText({ goal, goalOf, better, unit }: Figure): string {
  if (goal === 0) return "-";
  const relation = better === "lower" ? "<=" : ">=";
  return `${relation} ${goal.toLocaleString("en")} ${goalOf === "value" ? unit : relatives[goalOf]}`;
}

/** For a reader: one line a figure, columns aligned. */
export function figureTable(figures: readonly Figure[]): string {
  return aligned([
    columns.map(([title]) => title),
    ...figures.map((figure) => columns.map(([, cell]) => cell(figure))),
  ]);
}

/** Rows of cells as lines, each column as wide as its widest cell. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
