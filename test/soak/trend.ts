/** What was measured at a time, ms. */
export interface Sample {
  readonly at: number;
  readonly value: number;
}

const minuteMs = 60_000;

/** How much of its mean a value rises in a minute, by the straight line that fits best; negative when it falls. */
export function risePerMinute(samples: readonly Sample[]): number {
  const n = samples.length;
  if (n < 2) return 0;
  const meanAt = samples.reduce((sum, { at }) => sum + at, 0) / n;
  const mean = samples.reduce((sum, { value }) => sum + value, 0) / n;
  const along = samples.reduce((sum, { at, value }) => sum + (at - meanAt) * (value - mean), 0);
  const spread = samples.reduce((sum, { at }) => sum + (at - meanAt) ** 2, 0);
  return spread === 0 || mean === 0 ? 0 : ((along / spread) * minuteMs) / mean;
}
