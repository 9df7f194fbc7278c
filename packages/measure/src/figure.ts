import type { Samples } from "./interleave.ts";
import { type Interval, pairedRatio } from "./paired-ratio.ts";
import { rounded, summaryOf } from "./statistics.ts";

/**
 * What a figure should reach: of the ratio to the floor, of the value itself, or of the end of the paired ratio's interval
 * that is worse.
 */
export interface Goal {
  readonly of: "ratio" | "value" | "interval";
  readonly limit: number;
}

/** One figure, and what it is compared with. */
export interface FigureSpec {
  readonly name: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** What the same thing costs without us, in the same unit; measured in turn with the figure. */
  readonly floor: string;
  readonly goal?: Goal;
}

/** A figure as reported: medians of all repetitions. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Quartiles of the value. */
  readonly spread: Interval;
  /** Of the floor, same unit; 0 when there is none below. */
  readonly floor: number;
  /** value / floor, or of a paired comparison the median of the rounds' ratios; 0 when there is no floor. */
  readonly ratio: number;
  /** Of a paired comparison: the 95 % interval of the ratio. */
  readonly interval?: Interval;
  /** 0 when there is none. */
  readonly goal: number;
  readonly goalOf: Goal["of"];
  readonly better: "lower" | "higher";
  /** Is the goal reached? True when there is none. */
  readonly ok: boolean;
}

/** @param samples by name, of figures and floors alike */
export function figureOf(spec: FigureSpec, samples: Samples): Figure {
  const values = samples.get(spec.name) ?? [];
  const { median: value, p25, p75 } = summaryOf(values);
  const floor = summaryOf(samples.get(spec.floor) ?? []).median;
  const { of = "ratio", limit = 0 } = spec.goal ?? {};
  const paired = of === "interval" ? pairedRatio(values, samples.get(spec.floor) ?? []) : null;
  const ratio = paired?.ratio ?? (floor === 0 ? 0 : value / floor);
  const measured = { ratio, value, interval: paired?.interval[spec.better === "lower" ? 1 : 0] ?? 0 }[of];
  const reached = spec.better === "lower" ? measured <= limit : measured >= limit;
  return {
    name: spec.name,
    value: rounded(value),
    unit: spec.unit,
    spread: [rounded(p25), rounded(p75)],
    floor: rounded(floor),
    ratio: rounded(ratio),
    ...(paired && { interval: [rounded(paired.interval[0]), rounded(paired.interval[1])] as const }),
    goal: limit,
    goalOf: of,
    better: spec.better,
    ok: spec.goal === undefined || reached,
  };
}
