import type { CompletionQueue, SendWr, SharedReceiveQueue, WorkCompletion } from "@nomad/verbs";
import { expect } from "vitest";
import { connect, type End, makeEnd } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { sharedPair, takerOf } from "./kit/shared.ts";
import { siblingOf } from "./kit/siblings.ts";
import { interleave, pause, take } from "./kit/tasks.ts";
import { test } from "./kit/test.ts";
import { fill } from "./kit/work.ts";

// Many queue pairs on one shared receive queue, and many tasks at once.

const QPS = 10;
const EACH = 8;
const BYTES = 8;

/** Senders, and as many queue pairs that take from one queue. */
function multiplexed(lab: Lab) {
  const own = makeEnd(lab.context(1));
  const base = makeEnd(lab.context(0));
  const srq = own.pd.createSrq({ maxWr: QPS * EACH });
  const senders: End[] = [];
  const takers: End[] = [];
  for (let i = 0; i < QPS; i++) {
    const sender = siblingOf(base);
    const taker = takerOf(own, srq);
    connect(sender.qp, taker.qp);
    senders.push(sender);
    takers.push(taker);
  }
  fill(base.buffer.bytes, 7);
  return { own, base, srq, senders, takers };
}

/** How many completions each queue pair has. */
function countByQp(wcs: readonly WorkCompletion[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { qpNum } of wcs) counts[qpNum] = (counts[qpNum] ?? 0) + 1;
  return counts;
}

const eightEach = (takers: readonly End[]) => Object.fromEntries(takers.map(({ qp }) => [qp.qpn, EACH]));

async function expectAllSent(lab: Lab, senders: readonly End[], opcode: string): Promise<void> {
  for (const { sendCq } of senders) {
    const wcs = await lab.completions(sendCq, EACH);
    expect(wcs.map((wc) => [wc.status, wc.opcode])).toEqual(wcs.map(() => ["WC_SUCCESS", opcode]));
  }
}

test("SrqRcMultiplexTest.Send: ten connections share a queue, and each receives what was sent to it", async ({
  lab,
}) => {
  const { own, base, srq, senders, takers } = multiplexed(lab);
  const total = QPS * EACH;
  for (let i = 0; i < total; i++) srq.postRecv({ wrId: i, sgList: [own.mr.sge(i * BYTES, BYTES)] });
  for (const { qp } of senders) {
    for (let j = 0; j < EACH; j++) qp.postSend({ wrId: j, opcode: "WR_SEND", sgList: [base.mr.sge(0, BYTES)] });
  }
  const wcs = await lab.completions(own.recvCq, total);
  expect(countByQp(wcs)).toEqual(eightEach(takers));
  expect(wcs.map((wc) => wc.wrId).sort((x, y) => x - y)).toEqual(wcs.map((_, i) => i));
  for (let i = 0; i < total; i++) {
    expect(own.buffer.bytes.compare(base.buffer.bytes, 0, BYTES, i * BYTES, (i + 1) * BYTES)).toBe(0);
  }
  await expectAllSent(lab, senders, "WC_SEND");
});

test("SrqRcMultiplexTest.WriteWithImmediate: each WRITE with immediate takes one of the shared queue", async ({
  lab,
}) => {
  const { own, base, srq, senders, takers } = multiplexed(lab);
  const total = QPS * EACH;
  for (let i = 0; i < total; i++) srq.postRecv({ wrId: i });
  for (const [i, { qp }] of senders.entries()) {
    for (let j = 0; j < EACH; j++) {
      const immediate = (i * EACH + j) * BYTES;
      const remote = { remoteAddress: own.mr.address + immediate, rkey: own.mr.rkey };
      const sgList = [base.mr.sge(immediate, BYTES)];
      qp.postSend({ opcode: "WR_RDMA_WRITE_WITH_IMM", sgList, immediate, ...remote });
    }
  }
  const wcs = await lab.completions(own.recvCq, total);
  expect(countByQp(wcs)).toEqual(eightEach(takers));
  expect(wcs.every((wc) => wc.opcode === "WC_RECV_RDMA_WITH_IMM")).toBe(true);
  const immediates = wcs.map((wc) => wc.immediate ?? -1).sort((x, y) => x - y);
  expect(immediates).toEqual(wcs.map((_, i) => i * BYTES));
  expect(own.buffer.bytes.compare(base.buffer.bytes, 0, total * BYTES, 0, total * BYTES)).toBe(0);
  expect(srq.query().posted).toBe(0);
  await expectAllSent(lab, senders, "WC_RDMA_WRITE");
});

test("SrqMultiThreadTest.MultiThreadedSrqLoopback: what fifty tasks post by turns is used once each, and then no more", async ({
  lab,
}) => {
  const total = 1000;
  const { a, b, srq } = sharedPair(lab, {
    srqOptions: { maxWr: total, maxSge: 1 },
    maxSendWr: total + 1,
    cqEntries: 2048,
    connection: { rnrRetry: 1, minRnrTimer: 1 },
  });
  a.buffer.bytes.fill(0x61);
  await interleave(lab, 50, async (task) => {
    for (let i = 0; i < 20; i++) {
      const wrId = task * 20 + i;
      srq.postRecv({ wrId, sgList: [b.mr.sge(wrId, 1)] });
      await pause();
    }
  });
  for (let i = 0; i <= total; i++) a.qp.postSend({ wrId: i, opcode: "WR_SEND", sgList: [a.mr.sge(i, 1)] });
  const sent = await lab.completions(a.sendCq, total + 1);
  expect(sent.slice(0, total).every((wc) => wc.status === "WC_SUCCESS")).toBe(true);
  expect(sent[total]).toMatchObject({ wrId: total, status: "WC_RNR_RETRY_EXC_ERR" });
  const received = await lab.completions(b.recvCq, total);
  expect(new Set(received.map((wc) => wc.wrId)).size).toBe(total);
  expect(b.buffer.bytes.subarray(0, total).every((byte) => byte === 0x61)).toBe(true);
});

/** A sender with a queue pair of its own to a taker that has a receive completion queue of its own. */
function lane(own: End, base: End, srq: SharedReceiveQueue, recvCq: CompletionQueue) {
  const sender = siblingOf(base);
  const taker = takerOf({ ...own, recvCq }, srq);
  connect(sender.qp, taker.qp);
  return { sender, taker };
}

test("SrqMultiThreadTest.MultiThreadedMultiQpSingleSrq: tasks that send in batches and post again never want for buffers", async ({
  lab,
}) => {
  const [tasks, batch, rounds, stride] = [8, 16, 12, 64];
  const base = makeEnd(lab.context(0));
  const own = makeEnd(lab.context(1));
  const srq = own.pd.createSrq({ maxWr: tasks * batch, maxSge: 1 });
  const post = (wrId: number) => srq.postRecv({ wrId, sgList: [own.mr.sge(wrId * stride, stride)] });
  for (let i = 0; i < tasks * batch; i++) post(i);
  await interleave(lab, tasks, async (task) => {
    const recvCq = own.context.createCq({ entries: batch });
    const { sender } = lane(own, base, srq, recvCq);
    for (let round = 0; round < rounds; round++) {
      for (let j = 0; j < batch; j++) {
        const offset = (task * batch + j) * stride;
        base.buffer.view.setUint32(offset, (task * rounds + round) * batch + j);
        sender.qp.postSend({ wrId: j, opcode: "WR_SEND", sgList: [base.mr.sge(offset, 4)] });
      }
      const sent = await take(sender.sendCq, batch);
      expect(sent.map((wc) => [wc.wrId, wc.status])).toEqual(sent.map((_, j) => [j, "WC_SUCCESS"]));
      for (const [j, { wrId, status }] of (await take(recvCq, batch)).entries()) {
        expect(status).toBe("WC_SUCCESS");
        expect(own.buffer.view.getUint32(wrId * stride)).toBe((task * rounds + round) * batch + j);
        post(wrId);
      }
    }
  });
  expect(srq.query().posted).toBe(tasks * batch);
});

test("SrqMultiThreadTest.MultiThreadedMultiSrq: tasks with a shared queue each hear their own messages, in order", async ({
  lab,
}) => {
  const [tasks, lanes, messages, depth] = [4, 4, 40, 8];
  await interleave(lab, tasks, async (task) => {
    const base = makeEnd(lab.context(0));
    const own = makeEnd(lab.context(1));
    const srq = own.pd.createSrq({ maxWr: depth, maxSge: 1 });
    const post = (wrId: number) => srq.postRecv({ wrId, sgList: [own.mr.sge(wrId * 64, 64)] });
    for (let i = 0; i < depth; i++) post(i);
    const pairs = Array.from({ length: lanes }, () => lane(own, base, srq, own.recvCq));
    const next = new Map(pairs.map(({ taker }) => [taker.qp.qpn, 0]));
    for (let i = 0; i < messages; i++) {
      for (const { sender, taker } of pairs) {
        const inline = Buffer.alloc(12);
        for (const [field, value] of [task, taker.qp.qpn, i].entries()) inline.writeUInt32BE(value, field * 4);
        const wr: SendWr = { opcode: "WR_SEND", inline };
        sender.qp.postSend(wr);
      }
      for (const { wrId, qpNum, status } of await take(own.recvCq, lanes)) {
        const { view } = own.buffer;
        const message = [view.getUint32(wrId * 64), view.getUint32(wrId * 64 + 4), view.getUint32(wrId * 64 + 8)];
        expect([status, ...message]).toEqual(["WC_SUCCESS", task, qpNum, next.get(qpNum)]);
        next.set(qpNum, (next.get(qpNum) ?? 0) + 1);
        post(wrId);
      }
      for (const { sender } of pairs) expect((await take(sender.sendCq, 1))[0]?.status).toBe("WC_SUCCESS");
    }
    expect([...next.values()]).toEqual(pairs.map(() => messages));
  });
});
