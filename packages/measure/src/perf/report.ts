import type { FigureSpec } from "../figure.ts";
import { type Measurement, measurementOf } from "../measurement.ts";
import { rounded, type Summary, summaryOf } from "../statistics.ts";
import { latencyOf, measuredOf, nameOf, type PerfOutcomes, shareOf, unitOf } from "./measure-cases.ts";
import { type PerfTest, perfTests } from "./tests.ts";

/** One case, as perftest tells it. */
export interface PerfRow {
  readonly bytes: number;
  readonly names?: "virtual" | "physical";
  /** Messages of all batches together. */
  readonly messages: number;
  /** us. */
  readonly latency?: Omit<Summary, "count">;
  /** MB/s: median of the batches, and quartiles. */
  readonly bandwidth?: { readonly p25: number; readonly median: number; readonly p75: number };
  readonly messagesPerSecond?: number;
}

export interface PerfReport extends Measurement {
  readonly rows: readonly PerfRow[];
}

/** A virtual name may cost 3 % more than the adapter's own. */
const overheadMax = 1.03;

/** Rows by case, and the same as figures; where a case was measured with either kind of name, one beside the other. */
export function perfReport(measured: readonly PerfOutcomes[]): PerfReport {
  const samples = new Map(
    measured.map(({ of, outcomes }) => [nameOf(of), outcomes.map((o) => measuredOf(of.batch, o))]),
  );
  const specs = measured.map(({ of }) => {
    const name = nameOf(of);
    const floor = of.names === "virtual" && samples.has(`${name}-physical`) ? `${name}-physical` : "";
    return specOf(name, floor, perfTests[of.batch.test]);
  });
  return { rows: measured.map(rowOf), ...measurementOf(specs, samples) };
}

function specOf(name: string, floor: string, test: PerfTest): FigureSpec {
  const better = test.kind === "stream" ? "higher" : "lower";
  const limit = better === "lower" ? overheadMax : rounded(1 / overheadMax);
  return { name, unit: unitOf(test), better, floor, ...(floor !== "" && { goal: { of: "interval", limit } }) };
}

function rowOf({ of, outcomes }: PerfOutcomes): PerfRow {
  const { batch, names } = of;
  const test: PerfTest = perfTests[batch.test];
  const messages = outcomes.reduce((sum, outcome) => sum + outcome.messages, 0);
  const common = { bytes: batch.bytes, ...(names && { names }), messages };
  if (test.kind !== "stream") return { ...common, latency: latencyOf(outcomes, shareOf(test)) };
  const { p25, median, p75 } = summaryOf(outcomes.map((outcome) => measuredOf(batch, outcome)));
  const messagesPerSecond = (median * 1e6) / batch.bytes;
  return { ...common, bandwidth: { p25, median, p75 }, messagesPerSecond };
}
