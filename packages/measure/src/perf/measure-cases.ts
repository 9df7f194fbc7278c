import { interleave, type OnSample, type Rounds } from "../interleave.ts";
import { summaryOf } from "../statistics.ts";
import type { Batch, BatchOutcome } from "./batch.ts";
import { type PerfTest, perfTests } from "./tests.ts";

/** One thing to measure, again and again. */
export interface PerfCase {
  readonly batch: Batch;
  /** How a guest names its resources: as always, or by the adapter's own names, which its library would find for it. */
  readonly names?: "virtual" | "physical";
}

/** What came of a case, in the order of the rounds. */
export interface PerfOutcomes {
  readonly of: PerfCase;
  readonly outcomes: readonly BatchOutcome[];
}

export const nameOf = ({ batch, names }: PerfCase): string =>
  `${batch.test}-${batch.bytes}${names === "physical" ? "-physical" : ""}`;

/** A test's unit. Latencies as perftest tells them: of a ping-pong, half of the round trip. */
export const unitOf = (test: PerfTest): "us" | "MB/s" => (test.kind === "stream" ? "MB/s" : "us");

/** Of a round trip, how much is told. */
export const shareOf = (test: PerfTest): number => (test.kind === "ping-pong" ? 0.5 : 1);

/** What a batch says in its test's unit: the median of its messages, or bytes by time. */
export function measuredOf({ test, bytes }: Batch, { ms, messages, latency }: BatchOutcome): number {
  return latency === null ? (messages * bytes) / ms / 1000 : latency.median * shareOf(perfTests[test]);
}

/** Measures all cases in turn, each by `run`. */
export async function measureCases(
  cases: readonly PerfCase[],
  rounds: Rounds,
  run: (one: PerfCase) => Promise<BatchOutcome>,
  onSample?: OnSample,
): Promise<PerfOutcomes[]> {
  const all = cases.map((of) => ({ of, outcomes: [] as BatchOutcome[] }));
  const probes = all.map(({ of, outcomes }) => {
    const probe = async () => {
      const outcome = await run(of);
      outcomes.push(outcome);
      return measuredOf(of.batch, outcome);
    };
    return [nameOf(of), probe] as const;
  });
  await interleave(new Map(probes), rounds, onSample);
  return all.map(({ of, outcomes }) => ({ of, outcomes: outcomes.slice(rounds.warmUps) }));
}

/** What a case's batches say together: the medians of their percentiles, and the extremes of all. */
export function latencyOf(batches: readonly BatchOutcome[], share: number) {
  const column = (key: keyof NonNullable<BatchOutcome["latency"]>) =>
    summaryOf(batches.map(({ latency }) => (latency?.[key] ?? 0) * share));
  return {
    min: column("min").min,
    p25: column("p25").median,
    median: column("median").median,
    p75: column("p75").median,
    p99: column("p99").median,
    p999: column("p999").median,
    max: column("max").max,
  };
}
