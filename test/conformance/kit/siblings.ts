import { connect, type End } from "./ends.ts";

/** Two ends and their connection. */
export interface Pair {
  readonly a: End;
  readonly b: End;
}

/** Another queue pair of the end's protection domain, with completion queues of its own, in RESET. */
export function siblingOf(end: End): End {
  const sendCq = end.context.createCq({ entries: 256 });
  const recvCq = end.context.createCq({ entries: 256 });
  return { ...end, sendCq, recvCq, qp: end.pd.createQp({ sendCq, recvCq }) };
}

/** Another connection between two ends, in the same protection domains. */
export function siblingPair({ a, b }: Pair): Pair {
  const pair = { a: siblingOf(a), b: siblingOf(b) };
  connect(pair.a.qp, pair.b.qp);
  return pair;
}
