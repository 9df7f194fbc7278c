// What a report's charts show, apart from how they are drawn.

/** A median with the quartiles around it, at a place of the x axis. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface Axis {
  readonly title: string;
  readonly log?: boolean;
  /** From a little below the least value on, not from 0. */
  readonly fits?: boolean;
}

interface Common {
  /** The name of its file, less the ending. */
  readonly name: string;
  readonly title: string;
  /** What is to be seen, for whom the picture is not. */
  readonly alt: string;
  readonly y: Axis;
}

/** Lines through medians; the quartiles are whiskers. The places on the x axis are names, each as far from the next. */
export interface LineChart extends Common {
  readonly kind: "line";
  readonly x: Axis;
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
  /** A value to compare with. */
  readonly mark?: { readonly y: number; readonly title: string };
}

/** Bars that are sums of parts. */
export interface StackChart extends Common {
  readonly kind: "stack";
  readonly bars: readonly string[];
  readonly parts: readonly { readonly name: string; readonly values: readonly number[] }[];
}

/** Bars beside each other. */
export interface BarChart extends Common {
  readonly kind: "bar";
  readonly groups: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  readonly mark?: { readonly y: number; readonly title: string };
}

/** Dots over time, and spans of time that are marked. */
export interface TimeChart extends Common {
  readonly kind: "time";
  readonly x: Axis;
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
  readonly spans: readonly { readonly title: string; readonly from: number; readonly to: number }[];
}

export type Chart = LineChart | StackChart | BarChart | TimeChart;
