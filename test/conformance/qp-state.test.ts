import { connectQp, type QueuePair, type SendWr } from "@nomad/verbs";
import { expect } from "vitest";
import { connect, type End, makeEnd, makePair, remoteOf } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { bringUp, stepsTo, type UpTo } from "./kit/states.ts";
import { test } from "./kit/test.ts";
import { execute, oneSided, outcomeOf, refusal, statusOf } from "./kit/work.ts";

function readWr(a: End, b: End, wrId = 1): SendWr {
  return { ...oneSided.read(a.mr.sge(0, 64), remoteOf(b)), wrId };
}

/** Two ends in RESET; `b.buffer` is full of ones. */
function makeEnds(lab: Lab): { a: End; b: End } {
  const [a, b] = [makeEnd(lab.context(0)), makeEnd(lab.context(1))];
  b.buffer.bytes.fill(1);
  return { a, b };
}

for (const [title, state] of [
  ["QpStateTest.DestroyFromReset: a queue pair in RESET is destroyed", "RESET"],
  ["QpStateTest.DestroyFromInit: a queue pair in INIT is destroyed", "INIT"],
] as const) {
  test(title, ({ lab }) => {
    const { a, b } = makeEnds(lab);
    bringUp(a.qp, b.qp, state);
    a.qp.destroy();
    expect(() => a.qp.query()).toThrowError(refusal("E_VERB"));
    a.sendCq.destroy();
  });
}

test("QpStateTest.ReuseQp: a queue pair that failed works as a new one when it has been reset", async ({ lab }) => {
  const { a, b } = makePair(lab);
  expect(await statusOf(lab, a, readWr(a, b))).toBe("WC_SUCCESS");
  for (const state of ["ERR", "RESET"] as const) for (const { qp } of [a, b]) qp.modify({ state });
  connect(a.qp, b.qp);
  expect(await statusOf(lab, a, readWr(a, b))).toBe("WC_SUCCESS");
});

test("QpStateTest.QpIdRollover: numbers of queue pairs have 24 bits, and none is given again soon", ({ lab }) => {
  const { pd, sendCq, recvCq } = makeEnd(lab.context(0));
  const options = { sendCq, recvCq, maxSendWr: 1, maxRecvWr: 1 };
  const seen = new Set<number>();
  for (let i = 0; i < 4000; i++) {
    const qp = pd.createQp(options);
    expect(seen.has(qp.qpn)).toBe(false);
    seen.add(qp.qpn);
    qp.destroy();
  }
  expect(Math.max(...seen)).toBeLessThan(2 ** 24);
  expect(Math.min(...seen)).toBeGreaterThan(1);
});

test("QpStateTest.QpReadWhileTargetEntersRts: READs are answered alike before and after their target gets from RTR to RTS", async ({
  lab,
}) => {
  const { a, b } = makeEnds(lab);
  bringUp(b.qp, a.qp, "RTR");
  connectQp(a.qp, { lid: b.context.lid, qpn: b.qp.qpn, psn: 2000 }, 1000);
  for (let wrId = 0; wrId < 30; wrId++) a.qp.postSend(readWr(a, b, wrId));
  const before = await lab.completions(a.sendCq, 10);
  b.qp.modify(stepsTo(a.qp).RTS);
  const all = [...before, ...(await lab.completions(a.sendCq, 20))];
  expect(all.map((wc) => [wc.wrId, wc.status])).toEqual(all.map((_, wrId) => [wrId, "WC_SUCCESS"]));
});

for (const [title, state] of [
  ["QpStateTest.PostSendReset: a send that is posted in RESET is executed when the queue pair gets to RTS", "RESET"],
  ["QpStateTest.PostSendInit: a send that is posted in INIT is executed when the queue pair gets to RTS", "INIT"],
  ["QpStateTest.PostSendRtr: a send that is posted in RTR is executed when the queue pair gets to RTS", "RTR"],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makeEnds(lab);
    connectQp(b.qp, { lid: a.context.lid, qpn: a.qp.qpn, psn: 2000 }, 1000);
    bringUp(a.qp, b.qp, state);
    a.qp.postSend(readWr(a, b));
    await lab.calm();
    expect([a.sendCq.poll(), a.buffer.bytes[0]]).toEqual([[], 0]);
    goOn(a.qp, b.qp, state);
    expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_RDMA_READ" });
    expect(a.buffer.bytes[0]).toBe(1);
  });
}

/** From a state that `bringUp` has reached to RTS. */
function goOn(qp: QueuePair, peer: QueuePair, from: UpTo): void {
  const steps = ["INIT", "RTR", "RTS"] as const;
  const attributes = stepsTo(peer);
  for (const step of steps.slice(from === "RESET" ? 0 : steps.indexOf(from as "INIT") + 1)) qp.modify(attributes[step]);
}

for (const [title, state] of [
  ["QpStateTest.PostRecvReset: a receive that is posted in RESET takes nothing while it is in RESET", "RESET"],
  ["QpStateTest.PostRecvInit: a receive that is posted in INIT takes nothing while it is in INIT", "INIT"],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makeEnds(lab);
    bringUp(b.qp, a.qp, state);
    b.qp.postRecv({ wrId: 2, sgList: [b.mr.sge()] });
    connectQp(a.qp, { lid: b.context.lid, qpn: b.qp.qpn, psn: 2000 }, 1000, { timeout: 8, retryCnt: 1 });
    const sent = await execute(lab, a, { wrId: 1, opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] });
    expect(sent).toMatchObject({ wrId: 1, status: "WC_RETRY_EXC_ERR", qpNum: a.qp.qpn });
    expect(b.recvCq.poll()).toEqual([]);
    expect(b.qp.query().state).toBe(state);
  });
}

test("QpStateTest.PostRecvRtr: a receive that is posted in RTR takes a message", async ({ lab }) => {
  const { a, b } = makeEnds(lab);
  bringUp(b.qp, a.qp, "RTR");
  b.qp.postRecv({ wrId: 2, sgList: [b.mr.sge()] });
  b.qp.modify(stepsTo(a.qp).RTS);
  connectQp(a.qp, { lid: b.context.lid, qpn: b.qp.qpn, psn: 2000 }, 1000);
  a.qp.postSend({ wrId: 1, opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] });
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS", byteLen: 64 });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 1, status: "WC_SUCCESS" });
});

test("QpStateTest.RtsSendToRtr: a queue pair in RTR receives, and acknowledges", async ({ lab }) => {
  const { a, b } = makeEnds(lab);
  bringUp(b.qp, a.qp, "RTR");
  connectQp(a.qp, { lid: b.context.lid, qpn: b.qp.qpn, psn: 2000 }, 1000);
  b.qp.postRecv({ wrId: 2, sgList: [b.mr.sge()] });
  a.qp.postSend({ wrId: 1, opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] });
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS", opcode: "WC_RECV" });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_SEND" });
  expect(b.qp.query().state).toBe("RTR");
});

test("QpStateTest.PostSendErr: a send that is posted in the error state is flushed", async ({ lab }) => {
  const { a, b } = makePair(lab);
  a.qp.modify({ state: "ERR" });
  expect(await execute(lab, a, readWr(a, b))).toMatchObject({ wrId: 1, status: "WC_WR_FLUSH_ERR" });
});

test("QpStateTest.PostSendErrConcurrent: of sends around a failure each completes once: first those that were done, then the flushed", async ({
  lab,
}) => {
  for (let failAfter = 0; failAfter < 32; failAfter += 4) {
    const { a, b } = makePair(lab, { bufferBytes: 64, cqEntries: 64, maxSendWr: 64, maxRecvWr: 1 });
    for (let wrId = 0; wrId < 32; wrId++) a.qp.postSend(readWr(a, b, wrId));
    const wcs = await lab.completions(a.sendCq, failAfter);
    a.qp.modify({ state: "ERR" });
    for (let wrId = 32; wrId < 48; wrId++) a.qp.postSend(readWr(a, b, wrId));
    wcs.push(...(await lab.completions(a.sendCq, 48 - failAfter)));
    expect(wcs.map((wc) => wc.wrId)).toEqual(wcs.map((_, wrId) => wrId));
    const { good, failures, flushed } = outcomeOf(wcs.map((wc) => wc.status));
    expect([failures, good + flushed]).toEqual([[], 48]);
    expect(good).toBeGreaterThanOrEqual(failAfter);
    expect(flushed).toBeGreaterThanOrEqual(16);
  }
});

test("QpStateTest.PostSendErrDelayed: a send that is posted long after the failure is flushed, too", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  a.qp.postSend(readWr(a, b, 1));
  a.qp.modify({ state: "ERR" });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 1, status: "WC_WR_FLUSH_ERR" });
  await lab.calm();
  expect(await execute(lab, a, readWr(a, b, 2))).toMatchObject({ wrId: 2, status: "WC_WR_FLUSH_ERR" });
});

test("QpStateTest.PostRecvErr: a receive that is posted in the error state is flushed", async ({ lab }) => {
  const { b } = makePair(lab);
  b.qp.modify({ state: "ERR" });
  b.qp.postRecv({ wrId: 2, sgList: [b.mr.sge()] });
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 2, status: "WC_WR_FLUSH_ERR", qpNum: b.qp.qpn });
});

test("QpStateTest.ModRtsToError: a queue pair is put into the error state, and its peer is not", async ({ lab }) => {
  const { a, b } = makePair(lab);
  a.qp.modify({ state: "ERR" });
  await lab.calm();
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", "RTS"]);
});

test("QpPostTest.OverflowSendWr: a full send queue refuses one more, and executes what it holds", async ({ lab }) => {
  const { a, b } = makePair(lab, { maxSendWr: 16 });
  for (let wrId = 0; wrId < 16; wrId++) a.qp.postSend(readWr(a, b, wrId));
  expect(() => a.qp.postSend(readWr(a, b, 16))).toThrowError(refusal("E_QUEUE_FULL"));
  const wcs = await lab.completions(a.sendCq, 16);
  expect(wcs.map((wc) => [wc.wrId, wc.status])).toEqual(wcs.map((_, wrId) => [wrId, "WC_SUCCESS"]));
  await lab.calm();
  expect(a.sendCq.poll()).toEqual([]);
});

test("ResponderQpStateTest.ResponderNotReadyToReceive: requests to a peer that is not ready yet are not answered, and not executed later", async ({
  lab,
}) => {
  for (const state of ["RESET", "INIT"] as const) {
    for (const make of [oneSided.read, oneSided.write]) {
      const { a, b } = makeEnds(lab);
      const quick = { timeout: 8, retryCnt: 2, rnrRetry: 5 };
      connectQp(a.qp, { lid: b.context.lid, qpn: b.qp.qpn, psn: 2000 }, 1000, quick);
      bringUp(b.qp, a.qp, state);
      expect(await execute(lab, a, make(a.mr.sge(0, 8), remoteOf(b)))).toMatchObject({
        wrId: 1,
        status: "WC_RETRY_EXC_ERR",
        qpNum: a.qp.qpn,
      });
      goOn(b.qp, a.qp, state);
      await lab.calm();
      expect([a.buffer.bytes[0], b.buffer.bytes[0]]).toEqual([0, 1]);
      expect(b.qp.query().state).toBe("RTS");
    }
  }
});
