import { performance } from "node:perf_hooks";
import { planOf } from "../plan.ts";
import { replayOf, reportOf, type SimOptions, type SimReport } from "../report.ts";
import { runSeed } from "../run-seed.ts";
import { withFaults } from "../shrink.ts";

export interface RunOneOptions extends SimOptions {
  readonly seed: number;
  /** Only these of its faults, by their places in the plan. */
  readonly faults?: readonly number[] | undefined;
  /** What happens, line by line; the first is the plan. */
  readonly onLine: ((line: string) => void) | null;
}

/** Run one seed in this thread. */
export function runOne(o: RunOneOptions): SimReport {
  const { seed, faults, onLine, plant = null } = o;
  const whole = planOf(seed, o);
  const plan = faults ? withFaults(whole, faults) : whole;
  onLine?.(JSON.stringify(plan));
  const startedAt = performance.now();
  const result = runSeed(plan, { plant, onLine });
  const tookMs = performance.now() - startedAt;
  if (!faults) return reportOf([result], [], tookMs, o);
  const report = reportOf([{ ...result, failure: null }], [], tookMs, o);
  const { failure } = result;
  if (!failure) return report;
  const replay = replayOf(seed, o, faults);
  return { ...report, ok: false, failures: [{ seed, ...failure, replay }] };
}
