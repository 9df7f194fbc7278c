import { aligned } from "../table.ts";
import type { PerfRow } from "./report.ts";

type Column = readonly [title: string, cell: (row: PerfRow) => string];

const fixed = (value: number | undefined): string => (value ?? 0).toFixed(2);
const whole = (value: number | undefined): string => Math.round(value ?? 0).toLocaleString("en");

const common: readonly Column[] = [
  ["bytes", ({ bytes }) => String(bytes)],
  ["messages", ({ messages }) => whole(messages)],
];
const latency: readonly Column[] = [
  ...common,
  ["min us", (row) => fixed(row.latency?.min)],
  ["typical", (row) => fixed(row.latency?.median)],
  ["p75", (row) => fixed(row.latency?.p75)],
  ["p99", (row) => fixed(row.latency?.p99)],
  ["p99.9", (row) => fixed(row.latency?.p999)],
  ["max", (row) => fixed(row.latency?.max)],
];
const bandwidth: readonly Column[] = [
  ...common,
  ["MB/s", ({ bandwidth: of }) => fixed(of?.median)],
  ["quartiles", ({ bandwidth: of }) => `${fixed(of?.p25)} to ${fixed(of?.p75)}`],
  ["messages/s", ({ messagesPerSecond }) => whole(messagesPerSecond)],
];

/** For a reader, in the manner of perftest: one line a size. */
export function perfTable(rows: readonly PerfRow[]): string {
  const [first] = rows;
  const measured = first?.latency === undefined ? bandwidth : latency;
  const columns: readonly Column[] = first?.names ? [...measured, ["names", ({ names }) => names ?? ""]] : measured;
  return aligned([columns.map(([title]) => title), ...rows.map((row) => columns.map(([, cell]) => cell(row)))]);
}
