import { expect, test } from "vitest";
import { connectQp } from "./index.ts";
import { connectedPair, makeSide, TestFabric } from "./testing/index.ts";

function oneContext() {
  const fabric = new TestFabric(1);
  const [context] = fabric.contexts;
  if (!context) throw new Error("there is a context");
  return { fabric, context };
}

test("everything made in a scope is gone at its end, and its memory is free again", () => {
  const { context } = oneContext();
  const free = context.heap.freeBytes;
  {
    using pd = context.allocPd();
    using cq = context.createCq({ entries: 100 });
    using _qp = pd.createQp({ sendCq: cq, recvCq: cq });
    using buffer = context.alloc(1000);
    using _mr = pd.regMr(buffer, 0);
    expect(context.heap.freeBytes).toBeLessThan(free - 100 * 64);
  }
  expect(context.heap.freeBytes).toBe(free);
});

test("what is in use is not destroyed", () => {
  const { context } = oneContext();
  const { pd, cq, qp, mr } = makeSide(context);
  const busy = expect.objectContaining({ code: "E_BUSY" });
  expect(() => cq.destroy()).toThrowError(busy);
  qp.destroy();
  cq.destroy();
  expect(() => pd.dealloc()).toThrowError(busy);
  mr.dereg();
  pd.dealloc();
});

test("a queue pair that the adapter refuses takes no memory", () => {
  const { context } = oneContext();
  const { pd } = makeSide(context);
  const cq = context.createCq({ entries: 1 });
  cq.destroy();
  const free = context.heap.freeBytes;
  expect(() => pd.createQp({ sendCq: cq, recvCq: cq })).toThrowError(expect.objectContaining({ code: "E_VERB" }));
  expect(context.heap.freeBytes).toBe(free);
});

test("completions of a destroyed queue pair are not polled any more; others stay in order", async () => {
  const { fabric, a, b } = connectedPair();
  const other = a.pd.createQp({ sendCq: a.cq, recvCq: a.cq });
  other.modify({ state: "INIT", access: 0 });
  for (const wrId of [1, 2]) {
    a.qp.postRecv({ wrId: 10 + wrId });
    other.postRecv({ wrId });
  }
  const left = a.pd.createQp({ sendCq: a.cq, recvCq: a.cq });
  left.modify({ state: "INIT", access: 0 });
  left.postRecv({ wrId: 3 });
  for (const qp of [a.qp, other, left]) qp.modify({ state: "ERR" });
  other.destroy();
  expect(a.cq.poll().map((wc) => [wc.qpNum, wc.wrId])).toEqual([
    [a.qp.qpn, 11],
    [a.qp.qpn, 12],
    [left.qpn, 3],
  ]);
  expect(b.cq.poll()).toEqual([]);
  fabric[Symbol.dispose]();
});

test("iterating over completions gives each as it comes, and ends with the context", async () => {
  const { fabric, a, b } = connectedPair();
  for (let i = 0; i < 3; i++) b.qp.postRecv({ wrId: i });
  const seen: number[] = [];
  const reader = (async () => {
    for await (const wc of b.cq) {
      seen.push(wc.wrId);
      if (wc.wrId === 2) b.context.close();
    }
  })();
  for (let i = 0; i < 3; i++) a.qp.postSend({ opcode: "WR_SEND" });
  await fabric.until(reader);
  expect(seen).toEqual([0, 1, 2]);
});

test("waiting on a queue that is destroyed is an error", async () => {
  const { context } = oneContext();
  const cq = context.createCq({ entries: 1 });
  const waiting = cq.wait();
  cq.destroy();
  await expect(waiting).rejects.toMatchObject({ code: "E_STATE" });
});

test("an overrun queue says so, and so does an asynchronous event", async () => {
  const { fabric, a, b } = connectedPair({ cqEntries: 2 });
  for (let i = 0; i < 3; i++) b.qp.postRecv({ wrId: i });
  for (let i = 0; i < 3; i++) a.qp.postSend({ opcode: "WR_SEND" });
  const event = await fabric.until(b.context.asyncEvents.next());
  expect(event).toMatchObject({ kind: "CQ_ERR", cqn: b.cq.cqn });
  expect(b.cq.overrun).toBe(true);
  expect(b.cq.poll().map((wc) => wc.wrId)).toEqual([0, 1]);
  await expect(b.cq.wait()).rejects.toMatchObject({ code: "E_STATE" });
  expect(b.qp.query().state).toBe("ERR");
});

test("a channel has one event for each time that its queue was armed", async () => {
  const { fabric, a, b } = connectedPair();
  const channel = b.context.createCompletionChannel();
  const cq = b.context.createCq({ entries: 16, channel });
  const qp = b.pd.createQp({ sendCq: cq, recvCq: cq });
  const sender = a.pd.createQp({ sendCq: a.cq, recvCq: a.cq });
  connectQp(qp, { lid: a.context.lid, qpn: sender.qpn, psn: 1 }, 1);
  connectQp(sender, { lid: b.context.lid, qpn: qp.qpn, psn: 1 }, 1);
  for (let i = 0; i < 4; i++) qp.postRecv({ wrId: i });
  cq.reqNotify("solicited");
  const event = channel.nextEvent();
  sender.postSend({ opcode: "WR_SEND" });
  sender.postSend({ opcode: "WR_SEND", solicited: true });
  sender.postSend({ opcode: "WR_SEND" });
  expect(await fabric.until(event)).toBe(cq);
  expect(cq.poll().length).toBeGreaterThanOrEqual(2);
  expect(channel.getEvent()).toBeNull();
  qp.destroy();
  const busy = expect.objectContaining({ code: "E_BUSY" });
  expect(() => cq.destroy()).toThrowError(busy);
  channel.ackEvents(cq);
  expect(() => channel.destroy()).toThrowError(busy);
  cq.destroy();
  channel.destroy();
});
