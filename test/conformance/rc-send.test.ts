import type { SendWr } from "@nomad/verbs";
import { expect } from "vitest";
import { makePair, remoteOf } from "./kit/ends.ts";
import { deliver } from "./kit/operations.ts";
import { test, virtualTest } from "./kit/test.ts";
import { execute, fill, refusal } from "./kit/work.ts";

test("LoopbackRcQpTest.Send: a message arrives whole, and completes at both ends", async ({ lab }) => {
  const { a, b } = makePair(lab);
  fill(a.buffer.bytes, 1);
  b.qp.postRecv({ wrId: 1, sgList: [b.mr.sge(0, 2000)] });
  a.qp.postSend({ wrId: 2, opcode: "WR_SEND", sgList: [a.mr.sge(0, 1000)] });
  const received = await lab.completion(b.recvCq);
  expect(received).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_RECV", byteLen: 1000, immediate: null });
  expect(received.qpNum).toBe(b.qp.qpn);
  const sent = await lab.completion(a.sendCq);
  expect(sent).toMatchObject({ wrId: 2, status: "WC_SUCCESS", opcode: "WC_SEND", qpNum: a.qp.qpn });
  expect(b.buffer.bytes.subarray(0, 1000)).toEqual(a.buffer.bytes.subarray(0, 1000));
  expect(b.buffer.bytes[1000]).toBe(0);
});

test("LoopbackRcQpTest.SendManyWithOneOutstanding: each of many messages, one at a time, takes the next receive", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  for (let i = 0; i < 200; i++) {
    a.buffer.bytes.writeUInt32LE(i, 0);
    const send: SendWr = { wrId: i, opcode: "WR_SEND", sgList: [a.mr.sge(0, 4)] };
    const received = await deliver(lab, a, b, send, { wrId: 1000 + i, sgList: [b.mr.sge(4 * i, 4)] });
    expect(received).toMatchObject({ wrId: 1000 + i, status: "WC_SUCCESS", byteLen: 4 });
    expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: i, status: "WC_SUCCESS" });
  }
  for (let i = 0; i < 200; i++) expect(b.buffer.bytes.readUInt32LE(4 * i)).toBe(i);
});

test("LoopbackRcQpTest.SendEmptySgl: a message of no elements is received by a receive of none", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const received = await deliver(lab, a, b, { wrId: 2, opcode: "WR_SEND" }, { wrId: 1 });
  expect(received).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_RECV", byteLen: 0 });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS", opcode: "WC_SEND" });
});

test("LoopbackRcQpTest.UnsignaledSend: a send that is not signaled arrives and completes at the receiver alone", async ({
  lab,
}) => {
  const { a, b } = makePair(lab, { sqSigAll: false });
  const received = await deliver(lab, a, b, { opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] }, { sgList: [b.mr.sge()] });
  expect(received).toMatchObject({ status: "WC_SUCCESS", byteLen: 64 });
  await lab.calm();
  expect(a.sendCq.poll()).toEqual([]);
});

test("LoopbackRcQpTest.SendLargeChunk: a message of half a megabyte arrives whole", async ({ lab }) => {
  const { a, b } = makePair(lab, { bufferBytes: 512 * 1024 });
  fill(a.buffer.bytes, 1);
  const send: SendWr = { opcode: "WR_SEND", sgList: [a.mr.sge()] };
  expect(await deliver(lab, a, b, send, { sgList: [b.mr.sge()] })).toMatchObject({ byteLen: 512 * 1024 });
  expect(await lab.completion(a.sendCq)).toMatchObject({ status: "WC_SUCCESS" });
  expect(b.buffer.bytes.equals(a.buffer.bytes)).toBe(true);
});

test("LoopbackRcQpTest.SendInlineData: inline data is the program's own again as soon as it is posted", async ({
  lab,
}) => {
  const { a, b } = makePair(lab, { maxInlineData: 200 });
  expect(a.qp.maxInlineData).toBeGreaterThanOrEqual(200);
  const data = Buffer.alloc(a.qp.maxInlineData, "c");
  b.qp.postRecv({ sgList: [b.mr.sge()] });
  a.qp.postSend({ opcode: "WR_SEND", inline: data });
  data.fill("x");
  expect(await lab.completion(b.recvCq)).toMatchObject({ status: "WC_SUCCESS", byteLen: data.length });
  expect(b.buffer.bytes.subarray(0, data.length)).toEqual(Buffer.alloc(data.length, "c"));
  expect(b.buffer.bytes[data.length]).toBe(0);
});

test("LoopbackRcQpTest.SendExceedMaxInlineData: more inline data than fits is refused as it is posted", async ({
  lab,
}) => {
  const { a } = makePair(lab, { maxInlineData: 64 });
  const inline = new Uint8Array(a.qp.maxInlineData + 1);
  expect(() => a.qp.postSend({ opcode: "WR_SEND", inline })).toThrowError(refusal("E_VERB"));
  await lab.calm();
  expect(a.sendCq.poll()).toEqual([]);
});

test("LoopbackRcQpTest.SendInlineDataInvalidOp: a READ cannot be inline, and fails as an operation that is not valid", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  const read = { wrId: 1, opcode: "WR_RDMA_READ", sgList: [], inline: new Uint8Array(8), ...remoteOf(b) } as SendWr;
  expect(await execute(lab, a, read)).toMatchObject({ wrId: 1, status: "WC_LOC_QP_OP_ERR" });
  expect(a.qp.query().state).toBe("ERR");
});

test("LoopbackRcQpTest.SendImmData: immediate data comes with the receiver's completion", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const send: SendWr = { opcode: "WR_SEND_WITH_IMM", sgList: [a.mr.sge(0, 32)], immediate: 0xbaddcafe };
  const received = await deliver(lab, a, b, send, { sgList: [b.mr.sge()] });
  expect(received).toMatchObject({ status: "WC_SUCCESS", opcode: "WC_RECV", byteLen: 32, immediate: 0xbaddcafe });
  expect(await lab.completion(a.sendCq)).toMatchObject({ status: "WC_SUCCESS", opcode: "WC_SEND" });
});

test("LoopbackRcQpTest.SendWithTooSmallRecv: a message longer than its receive fails both ends", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const send: SendWr = { wrId: 2, opcode: "WR_SEND", sgList: [a.mr.sge(0, 1000)] };
  const received = await deliver(lab, a, b, send, { wrId: 1, sgList: [b.mr.sge(0, 999)] });
  expect(received).toMatchObject({ wrId: 1, status: "WC_LOC_LEN_ERR" });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_REM_INV_REQ_ERR" });
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", "ERR"]);
});

test("LoopbackRcQpTest.SendRnr: where no receive is posted, the send fails when its retries are used up", async ({
  lab,
}) => {
  const { a, b } = makePair(lab, {}, { rnrRetry: 3, minRnrTimer: 1 });
  const sent = await execute(lab, a, { wrId: 1, opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] });
  expect(sent).toMatchObject({ wrId: 1, status: "WC_RNR_RETRY_EXC_ERR" });
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", "RTS"]);
});

virtualTest(
  "LoopbackRcQpTest.SendRnrInfiniteRetries: an rnr_retry of 7 tries until there is a receive",
  async ({ lab }) => {
    const { a, b } = makePair(lab, {}, { rnrRetry: 7, minRnrTimer: 16 });
    a.qp.postSend({ opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] });
    await lab.calm();
    expect(a.sendCq.poll()).toEqual([]);
    b.qp.postRecv({ sgList: [b.mr.sge()] });
    expect(await lab.completion(a.sendCq)).toMatchObject({ status: "WC_SUCCESS" });
    expect(await lab.completion(b.recvCq)).toMatchObject({ status: "WC_SUCCESS", byteLen: 64 });
  },
);
