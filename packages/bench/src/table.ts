import type { Figure } from "./figure.ts";

const columns: readonly (readonly [title: string, cell: (figure: Figure) => string])[] = [
  ["figure", (f) => f.name],
  ["value", (f) => `${f.value.toLocaleString("en")} ${f.unit}`],
  ["floor", (f) => (f.floor === 0 ? "-" : `${f.floor.toLocaleString("en")} ${f.unit}`)],
  ["ratio", (f) => (f.floor === 0 ? "-" : f.ratio.toFixed(2))],
  ["goal", goalText],
  ["", (f) => (f.goal === 0 ? "" : f.ok ? "ok" : "MISSED")],
];

function goalText(figure: Figure): string {
  if (figure.goal === 0) return "-";
  const relation = figure.better === "lower" ? "<=" : ">=";
  const unit = figure.goalOf === "ratio" ? "x floor" : figure.unit;
  return `${relation} ${figure.goal.toLocaleString("en")} ${unit}`;
}

/** For a reader: one line a figure, columns aligned. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = [columns.map(([title]) => title), ...figures.map((figure) => columns.map(([, cell]) => cell(figure)))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
