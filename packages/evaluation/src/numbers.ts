import { summaryOf } from "@nomad/measure";
import type { Point } from "./chart/chart.ts";

// How the report writes numbers, and what it makes of samples.

/** Three significant digits: more would be noise. */
export function short(value: number): string {
  if (value === 0) return "0";
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 6 });
}

export const percent = (share: number): string => `${short(100 * share)} %`;

/** The median, and in brackets the quartiles. */
export function spread(values: readonly number[]): string {
  const { count, p25, median, p75 } = summaryOf(values);
  if (count === 0) return "-";
  return count === 1 ? short(median) : `${short(median)} (${short(p25)} to ${short(p75)})`;
}

export function pointOf(x: number, values: readonly number[]): Point {
  const { p25, median, p75 } = summaryOf(values);
  return { x, y: median, low: p25, high: p75 };
}

const byteUnits = ["B", "KiB", "MiB", "GiB"] as const;

/** A round number of bytes, in powers of 1024. */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit + 1 < byteUnits.length; unit++) value /= 1024;
  return `${short(value)} ${byteUnits[unit]}`;
}
