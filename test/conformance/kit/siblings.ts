import type { QueuePairOptions } from "@nomad/verbs";
import { connect, type End } from "./ends.ts";

/** Two ends and their connection. */
export interface Pair {
  readonly a: End;
  readonly b: End;
}

/** Another queue pair of the end's protection domain, in RESET; with completion queues of its own, unless they are given. */
export function siblingOf(end: End, options: Partial<QueuePairOptions> = {}): End {
  const sendCq = options.sendCq ?? end.context.createCq({ entries: 256 });
  const recvCq = options.recvCq ?? end.context.createCq({ entries: 256 });
  return { ...end, sendCq, recvCq, qp: end.pd.createQp({ ...options, sendCq, recvCq }) };
}

/** Another connection between two ends, in the same protection domains. */
export function siblingPair(
  { a, b }: Pair,
  ofA: Partial<QueuePairOptions> = {},
  ofB: Partial<QueuePairOptions> = {},
): Pair {
  const pair = { a: siblingOf(a, ofA), b: siblingOf(b, ofB) };
  connect(pair.a.qp, pair.b.qp);
  return pair;
}
