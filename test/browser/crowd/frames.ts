import type { Page } from "playwright-core";

/** The time of a frame that is shown too late for an eye that follows something, ms. */
export const smoothMs = 33;

/** How a page was drawn for a while. */
export interface FrameTimes {
  readonly frames: number;
  /** Of the frames, those that came within `smoothMs` of the one before, in percent. */
  readonly smoothPercent: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** In the page: when each of so many milliseconds' frames was begun. */
const recordFrames = (ms: number): string => `new Promise((resolve) => {
  const times = [];
  const next = (time) => {
    times.push(time);
    if (time - times[0] < ${ms}) requestAnimationFrame(next);
    else resolve(times);
  };
  requestAnimationFrame(next);
})`;

/** Looks at a page's frames for so long. */
export async function watchFrames(page: Page, ms: number): Promise<FrameTimes> {
  return frameTimes(await page.evaluate<number[]>(recordFrames(ms)));
}

/** `times`: at which frames began, ms. */
export function frameTimes(times: readonly number[]): FrameTimes {
  const deltas = times.slice(1).map((time, i) => time - (times[i] as number));
  const sorted = deltas.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const smooth = deltas.filter((delta) => delta <= smoothMs).length;
  return {
    frames: deltas.length,
    smoothPercent: deltas.length === 0 ? 0 : (100 * smooth) / deltas.length,
    medianMs: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    longestMs: at(1),
  };
}
