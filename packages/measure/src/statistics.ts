/** What many samples of one thing are told by; all in the samples' unit. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The middle value, or the mean of the two middle ones; 0 of none. */
export function median(values: readonly number[]): number {
  return percentile(values.toSorted(ascending), 50);
}

/**
 * The value below which `p` per cent of the samples are, between two neighbours by their distance; 0 of none.
 * @param sorted ascending
 */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) return 0;
  const at = ((sorted.length - 1) * p) / 100;
  const lower = sorted[Math.floor(at)] ?? 0;
  const upper = sorted[Math.ceil(at)] ?? lower;
  return lower + (upper - lower) * (at - Math.floor(at));
}

/** Zeros of no values. */
export function summaryOf(values: ArrayLike<number>): Summary {
  const sorted = Float64Array.from(values).sort();
  const at = (p: number) => percentile(sorted, p);
  return {
    count: sorted.length,
    min: at(0),
    p25: at(25),
    median: at(50),
    p75: at(75),
    p99: at(99),
    p999: at(99.9),
    max: at(100),
  };
}

/** To four significant digits: more would be noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

const ascending = (a: number, b: number): number => a - b;
