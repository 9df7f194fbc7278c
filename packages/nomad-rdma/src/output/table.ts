/** A column of a table: numbers stand right, words left. */
export interface Column<Row> {
  readonly title: string;
  readonly align?: "left" | "right";
  readonly cell: (row: Row) => string;
}

const gap = "  ";

/**
 * Lays out rows under titles in capitals, one line each, without a newline at the end. An empty table says so.
 * @param emphasis applied to the line of titles, after it was laid out
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  emphasis: (text: string) => string = (text) => text,
): string {
  const titles = columns.map((column) => column.title.toUpperCase());
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = titles.map((title, i) => Math.max(title.length, ...cells.map((row) => (row[i] ?? "").length)));
  const layOut = (line: readonly string[]): string =>
    line
      .map((text, i) => (columns[i]?.align === "right" ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join(gap)
      .trimEnd();
  const body = cells.length === 0 ? ["(none)"] : cells.map(layOut);
  return [emphasis(layOut(titles)), ...body].join("\n");
}
