import type { Qpn } from "@nomad/base";
import { readyUd, type SendWr } from "@nomad/verbs";
import { expect } from "vitest";
import { makeEnd } from "./kit/ends.ts";
import { sharedPair, takerOf } from "./kit/shared.ts";
import { openLab, test } from "./kit/test.ts";
import { execute, fill, refusal, statusOf } from "./kit/work.ts";

// Shared receive queues (IBA 10.2.9, 11.2.3).

test("SrqTest.Create: a queue is made with room for what was asked, and destroyed", ({ lab }) => {
  const pd = lab.context(0).allocPd();
  const srq = pd.createSrq({ maxWr: 16, maxSge: 2 });
  expect(srq.query()).toEqual({ entries: 16, maxSge: 2, limit: 0, posted: 0 });
  srq.destroy();
  pd.dealloc();
});

test("SrqTest.DestroyInvalidSrq: a number that is no queue's destroys nothing", ({ lab }) => {
  const context = lab.context(0);
  const srq = context.allocPd().createSrq({ maxWr: 16 });
  expect(() => context.hca.destroySrq(srq.srqn + 1000)).toThrowError(refusal("E_VERB"));
  expect(srq.query().entries).toBe(16);
});

test("SrqTest.CreateWithInvalidPd: no queue is made in a domain that is no more, and no memory is lost", ({ lab }) => {
  const context = lab.context(0);
  const free = context.heap.freeBytes;
  const pd = context.allocPd();
  pd.dealloc();
  expect(() => pd.createSrq({ maxWr: 16 })).toThrowError(refusal("E_VERB"));
  expect(context.heap.freeBytes).toBe(free);
});

test("SrqTest.CreateQpWithSrq: a queue stays while queue pairs take from it", ({ lab }) => {
  const end = makeEnd(lab.context(0));
  const srq = end.pd.createSrq({ maxWr: 16 });
  const { qp } = takerOf(end, srq);
  expect(() => srq.destroy()).toThrowError(refusal("E_BUSY"));
  qp.destroy();
  srq.destroy();
});

test("SrqTest.PostWrongApi: a queue pair that takes from a shared queue has none of its own to post to", ({ lab }) => {
  const { b, srq } = sharedPair(lab);
  expect(() => b.qp.postRecv({ sgList: [b.mr.sge(0, 64)] })).toThrowError(refusal("E_VERB"));
  expect(srq.query().posted).toBe(0);
});

test("SrqTest.MaxWr: a queue takes as many work requests as it has room for", ({ lab }) => {
  const { srq } = sharedPair(lab, { srqOptions: { maxWr: 32 } });
  for (let i = 0; i < 32; i++) srq.postRecv({ wrId: i });
  expect(srq.query()).toMatchObject({ entries: 32, posted: 32 });
});

test("SrqTest.ExceedMaxWr: one more is refused", ({ lab }) => {
  const { srq } = sharedPair(lab, { srqOptions: { maxWr: 32 } });
  for (let i = 0; i < 32; i++) srq.postRecv({ wrId: i });
  expect(() => srq.postRecv({})).toThrowError(refusal("E_QUEUE_FULL"));
  expect(srq.query().posted).toBe(32);
});

test("SrqTest.MaxSge: a message is scattered over as many elements as the queue allows", async ({ lab }) => {
  const { a, b, srq } = sharedPair(lab, { srqOptions: { maxWr: 4, maxSge: 3 } });
  fill(a.buffer.bytes, 6);
  srq.postRecv({ sgList: [b.mr.sge(0, 10), b.mr.sge(100, 20), b.mr.sge(200, 30)] });
  expect(await statusOf(lab, a, { opcode: "WR_SEND", sgList: [a.mr.sge(0, 60)] })).toBe("WC_SUCCESS");
  const { bytes } = b.buffer;
  const received = [bytes.subarray(0, 10), bytes.subarray(100, 120), bytes.subarray(200, 230)];
  expect(Buffer.concat(received).equals(a.buffer.bytes.subarray(0, 60))).toBe(true);
});

test("SrqTest.ExceedMaxSge: a work request with one element more is refused", ({ lab }) => {
  const { b, srq } = sharedPair(lab, { srqOptions: { maxWr: 4, maxSge: 3 } });
  const sgList = Array.from({ length: 4 }, (_, i) => b.mr.sge(i, 1));
  expect(() => srq.postRecv({ sgList })).toThrowError(refusal("E_VERB"));
  expect(srq.query().posted).toBe(0);
});

test("SrqTest.DeviceCap: a queue may be as large as the device says", async () => {
  await using lab = await openLab({ contexts: 1, heapBytes: 32 * 1024 * 1024 });
  const context = lab.context(0);
  const { maxSrqWr, maxSrqSge } = context.queryDevice();
  const srq = context.allocPd().createSrq({ maxWr: maxSrqWr, maxSge: maxSrqSge });
  expect(srq.query()).toMatchObject({ entries: maxSrqWr, maxSge: maxSrqSge });
});

test("SrqTest.ExceedDeviceMaxWr: a queue for more work requests is refused", async () => {
  await using lab = await openLab({ contexts: 1, heapBytes: 32 * 1024 * 1024 });
  const context = lab.context(0);
  const maxWr = context.queryDevice().maxSrqWr + 1;
  expect(() => context.allocPd().createSrq({ maxWr, maxSge: 1 })).toThrowError(refusal("E_VERB"));
});

test("SrqTest.ExceedDeviceMaxSge: a queue for more elements is refused", ({ lab }) => {
  const context = lab.context(0);
  const maxSge = context.queryDevice().maxSrqSge + 1;
  expect(() => context.allocPd().createSrq({ maxWr: 4, maxSge })).toThrowError(refusal("E_VERB"));
});

test("SrqTest.ModifyMaxWr: a queue that is full is made larger, and takes more", ({ lab }) => {
  const { srq } = sharedPair(lab, { srqOptions: { maxWr: 8 } });
  for (let i = 0; i < 8; i++) srq.postRecv({});
  expect(() => srq.postRecv({})).toThrowError(refusal("E_QUEUE_FULL"));
  srq.modify({ maxWr: 16 });
  srq.postRecv({});
  expect(srq.query()).toMatchObject({ entries: 16, posted: 9 });
});

test("SrqTest.ExceedMaxWrInfinitChain: who posts without end is stopped when the queue is full, and what was posted serves", async ({
  lab,
}) => {
  const { a, b, srq } = sharedPair(lab, { srqOptions: { maxWr: 8 } });
  let posted = 0;
  const postForever = () => {
    for (;;) {
      srq.postRecv({ wrId: posted });
      posted++;
    }
  };
  expect(postForever).toThrowError(refusal("E_QUEUE_FULL"));
  expect(posted).toBe(8);
  for (let i = 0; i < posted; i++) a.qp.postSend({ opcode: "WR_SEND" });
  const wcs = await lab.completions(b.recvCq, posted);
  expect(wcs.map((wc) => wc.wrId)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("SrqTest.Send: a message takes a work request of the shared queue", async ({ lab }) => {
  const { a, b, srq } = sharedPair(lab);
  fill(a.buffer.bytes, 1);
  srq.postRecv({ wrId: 5, sgList: [b.mr.sge(0, 4096)] });
  const sent = await execute(lab, a, { wrId: 6, opcode: "WR_SEND", sgList: [a.mr.sge(0, 4096)] });
  expect(sent).toMatchObject({ wrId: 6, status: "WC_SUCCESS" });
  const received = await lab.completion(b.recvCq);
  expect(received).toMatchObject({ wrId: 5, status: "WC_SUCCESS", byteLen: 4096, qpNum: b.qp.qpn });
  expect(b.buffer.bytes.compare(a.buffer.bytes, 0, 4096, 0, 4096)).toBe(0);
});

test("SrqTest.SendManyWithOneOutstanding: a queue of one serves any number of messages, one after the other", async ({
  lab,
}) => {
  const { a, b, srq } = sharedPair(lab, { srqOptions: { maxWr: 1 } });
  for (let i = 0; i < 300; i++) {
    a.buffer.view.setUint32(0, i);
    srq.postRecv({ wrId: i, sgList: [b.mr.sge(0, 4)] });
    a.qp.postSend({ opcode: "WR_SEND", sgList: [a.mr.sge(0, 4)] });
    expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: i, status: "WC_SUCCESS" });
    expect(b.buffer.view.getUint32(0)).toBe(i);
    expect((await lab.completion(a.sendCq)).status).toBe("WC_SUCCESS");
  }
});

test("SrqTest.QpFlush: a queue pair that fails leaves the shared queue to the others", async ({ lab }) => {
  const { a, b, srq } = sharedPair(lab);
  const datagrams = b.pd.createQp({ type: "UD", sendCq: b.sendCq, recvCq: b.recvCq, srq });
  readyUd(datagrams, 200);
  srq.postRecv({ wrId: 5 });
  datagrams.modify({ state: "ERR" });
  await lab.calm();
  expect(b.recvCq.poll()).toEqual([]);
  expect(b.context.asyncEvents.poll()).toEqual({ kind: "QP_LAST_WQE_REACHED", qpn: datagrams.qpn });
  expect(await statusOf(lab, a, { opcode: "WR_SEND" })).toBe("WC_SUCCESS");
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 5, status: "WC_SUCCESS", qpNum: b.qp.qpn });
});

test("SrqTest.SrqLimit: one event tells when fewer are left than the limit, and no earlier", async ({ lab }) => {
  const { a, b, srq } = sharedPair(lab, { srqOptions: { maxWr: 128 } });
  for (let i = 0; i < 100; i++) srq.postRecv({});
  srq.modify({ limit: 50 });
  const send = async (count: number) => {
    for (let i = 0; i < count; i++) a.qp.postSend({ opcode: "WR_SEND" });
    await lab.completions(b.recvCq, count);
  };
  await send(50);
  expect(srq.query()).toMatchObject({ posted: 50, limit: 50 });
  expect(b.context.asyncEvents.poll()).toBeNull();
  await send(1);
  expect(b.context.asyncEvents.poll()).toEqual({ kind: "SRQ_LIMIT_REACHED", srqn: srq.srqn });
  await send(10);
  expect(b.context.asyncEvents.poll()).toBeNull();
  expect(srq.query().limit).toBe(0);
});

test("SrqTest.SendRnr: with nothing in the shared queue the sender gives up after its retries", async ({ lab }) => {
  const { a, b } = sharedPair(lab, { connection: { rnrRetry: 2, minRnrTimer: 1 } });
  const wr: SendWr = { wrId: 9, opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] };
  expect(await execute(lab, a, wr)).toMatchObject({ wrId: 9, status: "WC_RNR_RETRY_EXC_ERR" });
  expect(b.recvCq.poll()).toEqual([]);
  expect(b.context.hca.qpCounters(b.qp.qpn as Qpn).out_of_buffer).toBe(3);
});
