import { NomadError } from "@nomad/base";
import { type Batch, sizesOf, usualIterations } from "./batch.ts";
import type { PerfCase } from "./measure-cases.ts";
import { atomicBytes, type PerfTest, type PerfTestName, perfTests, type Transport } from "./tests.ts";

/** What an operator wants measured. */
export interface PerfRequest {
  readonly test: PerfTestName;
  readonly transport: Transport;
  /** Bytes of a message, or all sizes that there are; by default what perftest takes, but 64 bytes for latency. */
  readonly size?: number | "all";
  /** Messages of a batch; by default as many as the size suggests. */
  readonly iterations?: number;
  readonly window: number;
  readonly bidirectional: boolean;
  /** Each size with each of these. */
  readonly names?: readonly NonNullable<PerfCase["names"]>[];
}

const latencyBytes = 64;
const streamBytes = 64 * 1024;

/** The cases of a request. @throws NomadError E_USAGE when there is no such test */
export function casesOf(request: PerfRequest): [PerfCase, ...PerfCase[]] {
  const { test, transport, window, bidirectional, names = [undefined] } = request;
  check(request);
  const cases = sizes(request).flatMap((bytes) => {
    const iterations = request.iterations ?? usualIterations(perfTests[test], bytes);
    const batch: Batch = { test, transport, bytes, iterations, window, bidirectional };
    return names.map((name): PerfCase => ({ batch, ...(name && { names: name }) }));
  });
  return cases as [PerfCase, ...PerfCase[]];
}

function check({ test, transport, size, bidirectional }: PerfRequest): void {
  const { kind, transports }: PerfTest = perfTests[test];
  if (!transports.includes(transport))
    throw new NomadError(
      "E_USAGE",
      `${test} is a test of ${transports.join(", ")}: ${transport} has no such operation`,
    );
  if (bidirectional && kind !== "stream") throw new NomadError("E_USAGE", `${test} is of one direction, or to and fro`);
  const largest = sizesOf(test, transport).at(-1) ?? 0;
  if (typeof size === "number" && size > largest)
    throw new NomadError("E_USAGE", `a message of ${test} over ${transport} has at most ${largest} bytes, not ${size}`);
}

function sizes({ test, transport, size }: PerfRequest): number[] {
  const { kind, operation }: PerfTest = perfTests[test];
  if (size === "all") return sizesOf(test, transport);
  if (operation === "atomic") return [atomicBytes];
  const largest = sizesOf(test, transport).at(-1) ?? 0;
  return [size ?? Math.min(largest, kind === "stream" ? streamBytes : latencyBytes)];
}
