import type { CompletionQueue, QueuePair, WorkCompletion } from "@nomad/verbs";
import { expect } from "vitest";
import { type End, makePair, remoteOf } from "./ends.ts";
import type { Lab } from "./lab.ts";
import { siblingPair } from "./siblings.ts";
import { oneSided } from "./work.ts";

/** Takes what a queue has, in the way that is tested. */
export type Take = (cq: CompletionQueue) => WorkCompletion[];

export interface OverrunOptions {
  /** Does the sender's queue overrun, or the receiver's? */
  readonly side: "send" | "recv";
  /** Queue pairs that complete in it. */
  readonly queuePairs: number;
  readonly take: Take;
}

const entries = 16;

/**
 * More complete in a queue than it holds, while nobody polls. Those that it holds can be polled, in each queue pair's order;
 * the queue says that it has overrun, and so does an event; no queue pair that completes in it goes on.
 */
export async function expectOverrun(lab: Lab, { side, queuePairs, take }: OverrunOptions): Promise<void> {
  const first = makePair(lab);
  const end = side === "send" ? first.a : first.b;
  const cq = end.context.createCq({ entries });
  const own = side === "send" ? { sendCq: cq } : { recvCq: cq };
  const pairs = Array.from({ length: queuePairs }, () => {
    return side === "send" ? siblingPair(first, own) : siblingPair(first, {}, own);
  });
  for (let wrId = 0; wrId <= entries; wrId++) for (const { a, b } of pairs) post(side, a, b, wrId);
  expect(await lab.until(end.context.asyncEvents.next())).toMatchObject({ kind: "CQ_ERR", cqn: cq.cqn });
  await lab.calm();
  expect(cq.overrun).toBe(true);
  const failed = pairs.map((pair) => (side === "send" ? pair.a.qp : pair.b.qp));
  expect(failed.map((qp) => qp.query().state)).toEqual(failed.map(() => "ERR"));
  expectInOrder(take(cq), failed);
  expect(take(cq)).toEqual([]);
}

function post(side: OverrunOptions["side"], a: End, b: End, wrId: number): void {
  if (side === "send") {
    a.qp.postSend({ ...oneSided.write(a.mr.sge(0, 8), remoteOf(b)), wrId });
  } else {
    b.qp.postRecv({ wrId });
    a.qp.postSend({ opcode: "WR_SEND" });
  }
}

function expectInOrder(completions: readonly WorkCompletion[], queuePairs: readonly QueuePair[]): void {
  expect(completions).toHaveLength(entries);
  const known = new Set(queuePairs.map((qp) => qp.qpn));
  for (const [qpn, wcs] of Map.groupBy(completions, (wc) => wc.qpNum)) {
    expect(known.has(qpn)).toBe(true);
    expect(wcs.map((wc) => [wc.wrId, wc.status])).toEqual(wcs.map((_, i) => [i, "WC_SUCCESS"]));
  }
}
