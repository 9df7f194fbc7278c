import type { Summary } from "../statistics.ts";
import {
  atomicBytes,
  bytesMax,
  datagramBytesMax,
  type PerfTest,
  type PerfTestName,
  perfTests,
  type Transport,
} from "./tests.ts";

/** What is measured at a time. */
export interface Batch {
  readonly test: PerfTestName;
  readonly transport: Transport;
  /** Of one message. */
  readonly bytes: number;
  readonly iterations: number;
  /** Messages that a stream has under way. */
  readonly window: number;
  /** Both sides stream; figures are of both together. */
  readonly bidirectional: boolean;
}

/** What came of it. */
export interface BatchOutcome {
  /** From the first post to the last completion. */
  readonly ms: number;
  /** Of both sides, when both stream. */
  readonly messages: number;
  /** Of every message, us; whole round trips. Null for a stream. */
  readonly latency: Summary | null;
}

const bytesOfLatencyBatch = 32 * 2 ** 20;
const bytesOfStreamBatch = 64 * 2 ** 20;

/** How many messages a batch of such a test has unless it is said: many small ones, fewer large ones. */
export function usualIterations({ kind }: PerfTest, bytes: number): number {
  return kind === "stream"
    ? within(bytesOfStreamBatch / bytes, 16, 20_000)
    : within(bytesOfLatencyBatch / bytes, 16, 1000);
}

/** All sizes of a test: the powers of two from 2 bytes up, or the one that there is. */
export function sizesOf(test: PerfTestName, transport: Transport): number[] {
  if (perfTests[test].operation === "atomic") return [atomicBytes];
  const largest = transport === "UD" ? datagramBytesMax : bytesMax;
  return Array.from({ length: Math.log2(largest) }, (_, i) => 2 ** (i + 1));
}

function within(value: number, low: number, high: number): number {
  return Math.floor(Math.min(Math.max(value, low), high));
}
