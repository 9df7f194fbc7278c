import type { BatchOutcome, PerfCase } from "@nomad/measure/perf";
import { perfTests } from "@nomad/measure/perf";
import { z } from "zod";

/** The guest program that measures. */
export const perfImage = "measure-perf";

const mark = "batch ";

const latency = z.object({
  count: z.number(),
  min: z.number(),
  p25: z.number(),
  median: z.number(),
  p75: z.number(),
  p99: z.number(),
  p999: z.number(),
  max: z.number(),
});
const batchLine = z.object({ case: z.number(), ms: z.number(), messages: z.number(), latency: latency.nullable() });

/** The boot arguments of both guests for cases of one test. `rounds`: of all cases, those that warm up included. */
export function guestArguments(cases: readonly [PerfCase, ...PerfCase[]], rounds: number): Record<string, string> {
  const { test, transport, window, bidirectional } = cases[0].batch;
  const { kind, operation } = perfTests[test];
  const list = cases.map(({ batch, names = "virtual" }) => `${batch.bytes}:${batch.iterations}:${names}`);
  return {
    ...{ kind, operation, transport, window: String(window), rounds: String(rounds) },
    ...{ bidirectional: bidirectional ? "1" : "0", cases: list.join(",") },
  };
}

/** What the leading guest prints of a batch; null for other lines. */
export function guestBatch(line: string): { readonly index: number; readonly outcome: BatchOutcome } | null {
  if (!line.startsWith(mark)) return null;
  const { case: index, ...outcome } = batchLine.parse(JSON.parse(line.slice(mark.length)));
  return { index, outcome };
}
