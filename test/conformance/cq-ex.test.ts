import { type CompletionQueue, WorkCompletion } from "@nomad/verbs";
import { expect } from "vitest";
import { makePair, remoteOf } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { siblingPair } from "./kit/siblings.ts";
import { openLab, test } from "./kit/test.ts";
import { oneSided, refusal } from "./kit/work.ts";

// What libibverbs' extended completion queues are for, `pollInto` does: completions are read one by one, in their turn, into
// objects that are there already. Every completion queue can be read so; there are no time stamps.

/** Reads `count` completions, one by one as they come, always into the same object. */
async function readOneByOne<T>(
  lab: Lab,
  cq: CompletionQueue,
  count: number,
  look: (wc: WorkCompletion) => T,
): Promise<T[]> {
  const wc = new WorkCompletion();
  const seen: T[] = [];
  while (seen.length < count) {
    if (cq.pollInto([wc]) === 1) seen.push(look(wc));
    else await lab.until(cq.wait());
  }
  expect(cq.pollInto([wc])).toBe(0);
  return seen;
}

test("CqExTest.Basic: a new queue gives nothing to read, and leaves the object as it was", ({ lab }) => {
  const cq = lab.context(0).createCq({ entries: 10 });
  const wc = Object.assign(new WorkCompletion(), { wrId: 77 });
  expect(cq.pollInto([wc])).toBe(0);
  expect(wc.wrId).toBe(77);
});

test("CqExTest.DestroyInvalidCqEx: from a queue that is destroyed nothing is read", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const cq = a.context.createCq({ entries: 10 });
  const other = siblingPair({ a, b }, { sendCq: cq });
  other.a.qp.postSend(oneSided.write(a.mr.sge(0, 8), remoteOf(b)));
  await lab.calm();
  other.a.qp.destroy();
  cq.destroy();
  expect(cq.pollInto([new WorkCompletion()])).toBe(0);
  expect(() => a.context.hca.destroyCq(cq.cqn)).toThrowError(refusal("E_VERB"));
});

test("CqExTest.ZeroCqe: a queue that could hold nothing to read is refused", ({ lab }) => {
  expect(() => lab.context(0).createCq({ entries: 0 })).toThrowError(refusal("E_VERB"));
});

test("CqExTest.MaxCqe: a queue of the most entries is read to its last completion", async () => {
  await using lab = await openLab({ heapBytes: 16 * 1024 * 1024 });
  const { a } = makePair(lab);
  const { maxCqe, maxQpWr } = a.context.queryDevice();
  const cq = a.context.createCq({ entries: maxCqe });
  const qp = a.pd.createQp({ sendCq: cq, recvCq: cq, maxRecvWr: maxQpWr, maxRecvSge: 1 });
  qp.modify({ state: "INIT", access: 0 });
  for (let wrId = 0; wrId < maxCqe; wrId++) qp.postRecv({ wrId });
  qp.modify({ state: "ERR" });
  const seen = await readOneByOne(lab, cq, maxCqe, (wc) => wc.wrId);
  expect(seen.every((wrId, i) => wrId === i)).toBe(true);
  expect(cq.overrun).toBe(false);
});

for (const [title, queues] of [
  ["CqExTest.WithChannel: the event on a channel says which queue to read", 1],
  ["CqExTest.ShareChannel: of two queues on a channel, each has its own event and its own completion to read", 2],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makePair(lab);
    const channel = a.context.createCompletionChannel();
    const cqs = Array.from({ length: queues }, () => a.context.createCq({ entries: 10, channel }));
    for (const [wrId, sendCq] of cqs.entries()) {
      sendCq.reqNotify();
      const other = siblingPair({ a, b }, { sendCq });
      other.a.qp.postSend({ ...oneSided.write(a.mr.sge(0, 8), remoteOf(b)), wrId });
      expect(await lab.until(channel.nextEvent())).toBe(sendCq);
      channel.ackEvents(sendCq);
    }
    for (const [i, cq] of cqs.entries()) expect(await readOneByOne(lab, cq, 1, (wc) => wc.wrId)).toEqual([i]);
  });
}

for (const [title, vectorOf, fits] of [
  ["CqExTest.ZeroCompVector: a queue to be read one by one may name completion vector 0", () => 0, true],
  ["CqExTest.LargeCompVector: it may name the last completion vector", (count: number) => count - 1, true],
  ["CqExTest.AboveMaxCompVector: it may not name one behind the last", (count: number) => count, false],
] as const) {
  test(title, ({ lab }) => {
    const context = lab.context(0);
    const create = () => context.createCq({ entries: 10, compVector: vectorOf(context.numCompVectors) });
    if (fits) expect(create().pollInto([new WorkCompletion()])).toBe(0);
    else expect(create).toThrowError(refusal("E_VERB"));
  });
}

for (const [title, side, queuePairs, each] of [
  ["CqExOpTest.BasicPollSendCq: the completion of a send is read into an object of the program's", "send", 1, 1],
  ["CqExOpTest.BasicPollRecvCq: the completion of a receive is read into an object of the program's", "recv", 1, 1],
  [
    "CqExOpTest.BatchPollSendCq: sends of twenty queue pairs are read one by one, each pair's in its order",
    "send",
    20,
    3,
  ],
  [
    "CqExOpTest.BatchPollRecvCq: receives of twenty queue pairs are read one by one, each pair's in its order",
    "recv",
    20,
    3,
  ],
] as const) {
  test(title, async ({ lab }) => {
    const first = makePair(lab);
    const cq = (side === "send" ? first.a : first.b).context.createCq({ entries: 64 });
    const pairs = Array.from({ length: queuePairs }, () => {
      return side === "send" ? siblingPair(first, { sendCq: cq }) : siblingPair(first, {}, { recvCq: cq });
    });
    for (const { a, b } of pairs) {
      for (let wrId = 0; wrId < each; wrId++) {
        b.qp.postRecv({ wrId });
        a.qp.postSend({ wrId, opcode: "WR_SEND" });
      }
    }
    const seen = await readOneByOne(lab, cq, queuePairs * each, ({ qpNum, wrId, status }) => ({ qpNum, wrId, status }));
    for (const pair of pairs) {
      const { qpn } = (side === "send" ? pair.a : pair.b).qp;
      const inOrder = Array.from({ length: each }, (_, wrId) => ({ qpNum: qpn, wrId, status: "WC_SUCCESS" }));
      expect(seen.filter(({ qpNum }) => qpNum === qpn)).toEqual(inOrder);
    }
  });
}
