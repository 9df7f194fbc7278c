import { assert, Random } from "@nomad/base";
import { median, percentile } from "./statistics.ts";

/** From, to: both included. */
export type Interval = readonly [low: number, high: number];

export interface PairedRatio {
  /** The median of the rounds' ratios. */
  readonly ratio: number;
  /** Where the true one lies, 95 times in 100. */
  readonly interval: Interval;
}

const resamples = 2000;
/** The same samples give the same interval. */
const seed = 1;

/**
 * How many times as much `values` are as `others`, when sample i of both was taken in the same round: what disturbs a
 * round disturbs both, and falls out. The interval is by bootstrap: the medians of rounds drawn again with replacement
 * (Efron, 1979; percentile method).
 */
export function pairedRatio(values: readonly number[], others: readonly number[]): PairedRatio {
  assert(values.length === others.length && values.length > 0, "paired samples are of the same rounds");
  const ratios = values.map((value, i) => value / (others[i] ?? value));
  const random = new Random(seed);
  const drawn = () => Array.from(ratios, () => random.pick(ratios));
  const medians = Float64Array.from({ length: resamples }, () => median(drawn())).sort();
  return { ratio: median(ratios), interval: [percentile(medians, 2.5), percentile(medians, 97.5)] };
}
