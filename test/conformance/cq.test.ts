import { expect } from "vitest";
import { makePair, remoteOf } from "./kit/ends.ts";
import { siblingPair } from "./kit/siblings.ts";
import { openLab, test } from "./kit/test.ts";
import { oneSided, refusal } from "./kit/work.ts";

test("CqTest.Basic: a queue has at least the entries that were asked for, and is empty", ({ lab }) => {
  const cq = lab.context(0).createCq({ entries: 10 });
  expect(cq.entries).toBeGreaterThanOrEqual(10);
  expect(cq.channel).toBeNull();
  expect(cq.poll()).toEqual([]);
  cq.destroy();
});

test("CqTest.DestroyInvalidCq: a queue that there is not cannot be destroyed", ({ lab }) => {
  const { hca } = lab.context(0);
  const cq = lab.context(0).createCq({ entries: 10 });
  expect(() => hca.destroyCq(cq.cqn + 1)).toThrowError(refusal("E_VERB"));
  cq.destroy();
  expect(() => hca.destroyCq(cq.cqn)).toThrowError(refusal("E_VERB"));
});

for (const [title, entries] of [
  ["CqTest.NegativeCqe: a queue of less than no entries is refused", -1],
  ["CqTest.ZeroCqe: a queue of no entries is refused", 0],
] as const) {
  test(title, ({ lab }) => {
    const context = lab.context(0);
    const free = context.heap.freeBytes;
    expect(() => context.createCq({ entries })).toThrowError(refusal("E_VERB"));
    expect(context.heap.freeBytes).toBe(free);
  });
}

test("CqTest.MaxCqe: a queue can have as many entries as the device says, and no more", async () => {
  await using lab = await openLab({ heapBytes: 16 * 1024 * 1024 });
  const context = lab.context(0);
  const { maxCqe } = context.queryDevice();
  expect(context.createCq({ entries: maxCqe }).entries).toBe(maxCqe);
  expect(() => context.createCq({ entries: maxCqe + 1 })).toThrowError(refusal("E_VERB"));
});

test("CqTest.WithChannel: a queue on a channel is known there, and leaves it when it is destroyed", ({ lab }) => {
  const channel = lab.context(0).createCompletionChannel();
  const cq = lab.context(0).createCq({ entries: 10, channel });
  expect(cq.channel).toBe(channel);
  expect(() => channel.destroy()).toThrowError(refusal("E_BUSY"));
  cq.destroy();
  channel.destroy();
});

test("CqTest.ShareChannel: two queues on one channel come and go each on its own", ({ lab }) => {
  const channel = lab.context(0).createCompletionChannel();
  const [first, second] = [10, 20].map((entries) => lab.context(0).createCq({ entries, channel }));
  first?.destroy();
  expect(() => channel.destroy()).toThrowError(refusal("E_BUSY"));
  second?.destroy();
  channel.destroy();
});

for (const [title, vectorOf, fits] of [
  ["CqTest.NegativeCompVector: there is no completion vector below 0", () => -1, false],
  ["CqTest.ZeroCompVector: completion vector 0 is always there", () => 0, true],
  ["CqTest.LargeCompVector: the last of the context's completion vectors is there", (count: number) => count - 1, true],
  ["CqTest.AboveMaxCompVector: there is none behind the last completion vector", (count: number) => count, false],
] as const) {
  test(title, ({ lab }) => {
    const context = lab.context(0);
    const create = () => context.createCq({ entries: 10, compVector: vectorOf(context.numCompVectors) });
    if (fits) create().destroy();
    else expect(create).toThrowError(refusal("E_VERB"));
  });
}

test("CqBatchOpTest.SendSharedCq: two queue pairs' sends complete in one queue, each pair's in its own order", async ({
  lab,
}) => {
  const each = 100;
  const { a, b } = makePair(lab);
  const second = siblingPair({ a, b }, { sendCq: a.sendCq });
  const pairs = [{ a, b }, second];
  for (let wrId = 0; wrId < each; wrId++) {
    for (const pair of pairs) pair.a.qp.postSend({ ...oneSided.write(a.mr.sge(0, 8), remoteOf(b, 8 * wrId)), wrId });
  }
  const completions = await lab.completions(a.sendCq, 2 * each);
  const byQp = Map.groupBy(completions, (wc) => wc.qpNum);
  expect([...byQp.keys()].sort()).toEqual(pairs.map((pair) => pair.a.qp.qpn).sort());
  for (const wcs of byQp.values()) {
    expect(wcs.map((wc) => [wc.wrId, wc.status])).toEqual(Array.from({ length: each }, (_, i) => [i, "WC_SUCCESS"]));
  }
});

test("CqBatchOpTest.RecvSharedCq: two queue pairs' receives complete in one queue, each pair's in its own order", async ({
  lab,
}) => {
  const each = 100;
  const { a, b } = makePair(lab);
  const second = siblingPair({ a, b }, {}, { recvCq: b.recvCq });
  const pairs = [{ a, b }, second];
  for (let wrId = 0; wrId < each; wrId++) {
    for (const pair of pairs) pair.b.qp.postRecv({ wrId, sgList: [b.mr.sge(0, 8)] });
    for (const pair of pairs) pair.a.qp.postSend({ opcode: "WR_SEND", sgList: [a.mr.sge(0, 8)] });
  }
  const byQp = Map.groupBy(await lab.completions(b.recvCq, 2 * each), (wc) => wc.qpNum);
  expect([...byQp.keys()].sort()).toEqual(pairs.map((pair) => pair.b.qp.qpn).sort());
  for (const wcs of byQp.values()) {
    expect(wcs.map((wc) => [wc.wrId, wc.status])).toEqual(Array.from({ length: each }, (_, i) => [i, "WC_SUCCESS"]));
  }
});
