import type { SendWr } from "@nomad/verbs";
import { expect } from "vitest";
import { makePair, remoteOf } from "./kit/ends.ts";
import { deliver, wrongKey } from "./kit/operations.ts";
import { test } from "./kit/test.ts";
import { boundWindow, throughWindow } from "./kit/windows.ts";
import { execute, fill, oneSided } from "./kit/work.ts";

test("LoopbackRcQpTest.BasicWrite: a WRITE places bytes at the peer, where nothing completes", async ({ lab }) => {
  const { a, b } = makePair(lab);
  fill(a.buffer.bytes, 1);
  const write = await execute(lab, a, oneSided.write(a.mr.sge(0, 100), remoteOf(b, 50)));
  expect(write).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_RDMA_WRITE", qpNum: a.qp.qpn });
  const zeros = Buffer.alloc(50);
  expect(b.buffer.bytes.subarray(0, 200)).toEqual(Buffer.concat([zeros, a.buffer.bytes.subarray(0, 100), zeros]));
  expect([...b.sendCq.poll(), ...b.recvCq.poll()]).toEqual([]);
});

test("LoopbackRcQpTest.BasicWriteLargePayload: a WRITE of half a megabyte arrives whole", async ({ lab }) => {
  const { a, b } = makePair(lab, { bufferBytes: 512 * 1024 });
  fill(a.buffer.bytes, 2);
  expect(await execute(lab, a, oneSided.write(a.mr.sge(), remoteOf(b)))).toMatchObject({ status: "WC_SUCCESS" });
  expect(b.buffer.bytes.equals(a.buffer.bytes)).toBe(true);
});

test("LoopbackRcQpTest.UnsignaledWrite: of two WRITEs the one that is signaled completes, and both are placed", async ({
  lab,
}) => {
  const { a, b } = makePair(lab, { sqSigAll: false });
  fill(a.buffer.bytes, 3);
  a.qp.postSend({ ...oneSided.write(a.mr.sge(0, 64), remoteOf(b)), wrId: 1 });
  a.qp.postSend({ ...oneSided.write(a.mr.sge(64, 64), remoteOf(b, 64)), wrId: 2, signaled: true });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS" });
  expect(b.buffer.bytes.subarray(0, 128)).toEqual(a.buffer.bytes.subarray(0, 128));
  await lab.calm();
  expect(a.sendCq.poll()).toEqual([]);
});

test("LoopbackRcQpTest.WriteInlineData: a WRITE takes inline data as it is when it is posted", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const data = Buffer.alloc(36, "c");
  a.qp.postSend({ opcode: "WR_RDMA_WRITE", inline: data, ...remoteOf(b) });
  data.fill("x");
  expect(await lab.completion(a.sendCq)).toMatchObject({ status: "WC_SUCCESS", opcode: "WC_RDMA_WRITE" });
  expect(b.buffer.bytes.toString("latin1", 0, 37)).toBe(`${"c".repeat(36)}\0`);
});

test("LoopbackRcQpTest.WriteZeroByteWithImmData: immediate data without bytes takes a receive and touches no memory", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  b.buffer.bytes.fill(9);
  const write: SendWr = { wrId: 2, opcode: "WR_RDMA_WRITE_WITH_IMM", immediate: 0xbaddcafe, ...remoteOf(b) };
  const received = await deliver(lab, a, b, write, { wrId: 1, sgList: [b.mr.sge(1000, 100)] });
  expect(received).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_RECV_RDMA_WITH_IMM", byteLen: 0 });
  expect(received.immediate).toBe(0xbaddcafe);
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS", opcode: "WC_RDMA_WRITE" });
  expect(b.buffer.bytes.every((byte) => byte === 9)).toBe(true);
});

test("LoopbackRcQpTest.WriteImmData: bytes go where the WRITE says, and none to the receive that it takes", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  fill(a.buffer.bytes, 4);
  const sgList = [a.mr.sge(0, 200)];
  const write: SendWr = { opcode: "WR_RDMA_WRITE_WITH_IMM", sgList, immediate: 7, ...remoteOf(b) };
  const received = await deliver(lab, a, b, write, { wrId: 1, sgList: [b.mr.sge(1000, 100)] });
  expect(received).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_RECV_RDMA_WITH_IMM", immediate: 7 });
  expect(received.byteLen).toBe(200);
  expect(b.buffer.bytes.subarray(0, 200)).toEqual(a.buffer.bytes.subarray(0, 200));
  expect(b.buffer.bytes.subarray(1000, 1100)).toEqual(Buffer.alloc(100));
});

test("LoopbackRcQpTest.WriteImmDataInvalidRKey: a WRITE with immediate data that is refused ends in an error at both ends", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  b.qp.postRecv({ wrId: 1 });
  const remote = { ...remoteOf(b), rkey: wrongKey(b.mr.rkey) };
  const write: SendWr = {
    wrId: 2,
    opcode: "WR_RDMA_WRITE_WITH_IMM",
    sgList: [a.mr.sge(0, 8)],
    immediate: 7,
    ...remote,
  };
  expect(await execute(lab, a, write)).toMatchObject({ wrId: 2, status: "WC_REM_ACCESS_ERR" });
  const received = await lab.completion(b.recvCq);
  expect(received).toMatchObject({ wrId: 1, status: "WC_LOC_ACCESS_ERR", qpNum: b.qp.qpn });
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", "ERR"]);
});

test("LoopbackRcQpTest.WriteImmDataRnR: a WRITE with immediate data that finds no receive fails when its retries are used up", async ({
  lab,
}) => {
  const { a, b } = makePair(lab, {}, { rnrRetry: 2, minRnrTimer: 1 });
  const write: SendWr = { opcode: "WR_RDMA_WRITE_WITH_IMM", sgList: [a.mr.sge(0, 8)], immediate: 7, ...remoteOf(b) };
  expect(await execute(lab, a, write)).toMatchObject({ status: "WC_RNR_RETRY_EXC_ERR" });
});

for (const [title, type] of [
  ["LoopbackRcQpTest.Type1MWWrite: a WRITE goes through a window of type 1", 1],
  ["LoopbackRcQpTest.Type2MWWrite: a WRITE goes through a window of type 2", 2],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makePair(lab);
    fill(a.buffer.bytes, 5);
    const mw = await boundWindow(lab, b, type);
    const write = await execute(lab, a, oneSided.write(a.mr.sge(0, 100), throughWindow(b, mw, 10)));
    expect(write).toMatchObject({ status: "WC_SUCCESS", opcode: "WC_RDMA_WRITE" });
    expect(b.buffer.bytes.subarray(10, 110)).toEqual(a.buffer.bytes.subarray(0, 100));
  });
}

test("LoopbackRcQpTest.WriteInvalidLkey: a WRITE from a key that was never given fails here, and places nothing", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(1);
  const local = { ...a.mr.sge(0, 64), lkey: wrongKey(a.mr.lkey) };
  const write = await execute(lab, a, oneSided.write(local, remoteOf(b)));
  expect(write).toMatchObject({ wrId: 1, status: "WC_LOC_PROT_ERR", qpNum: a.qp.qpn });
  await lab.calm();
  expect(b.buffer.bytes.subarray(0, 64)).toEqual(Buffer.alloc(64));
  expect(b.qp.query().state).toBe("RTS");
});

for (const [title, sqSigAll] of [
  ["LoopbackRcQpTest.WriteInvalidRkey: a WRITE by a key that was never given is refused, and places nothing", true],
  ["LoopbackRcQpTest.UnsignaledWriteInvalidRkey: a WRITE that is refused completes though it is not signaled", false],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makePair(lab, { sqSigAll });
    a.buffer.bytes.fill(1);
    const remote = { ...remoteOf(b), rkey: wrongKey(b.mr.rkey) };
    const write = await execute(lab, a, oneSided.write(a.mr.sge(0, 64), remote));
    expect(write).toMatchObject({ wrId: 1, status: "WC_REM_ACCESS_ERR", qpNum: a.qp.qpn });
    expect(b.buffer.bytes.subarray(0, 64)).toEqual(Buffer.alloc(64));
    expect(b.qp.query().state).toBe("ERR");
  });
}

test("LoopbackRcQpTest.WriteInvalidRKeyAndInvalidLKey: of two wrong keys the local one is found first", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  const local = { ...a.mr.sge(0, 64), lkey: wrongKey(a.mr.lkey) };
  const write = await execute(lab, a, oneSided.write(local, { ...remoteOf(b), rkey: wrongKey(b.mr.rkey) }));
  expect(write).toMatchObject({ wrId: 1, status: "WC_LOC_PROT_ERR" });
  await lab.calm();
  expect(b.qp.query().state).toBe("RTS");
});

test("LoopbackRcQpTest.WriteUnregisteredAddress: a WRITE outside of the key's region is refused", async ({ lab }) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(1);
  const elsewhere = b.context.alloc(64);
  const remote = { remoteAddress: elsewhere.address, rkey: b.mr.rkey };
  expect(await execute(lab, a, oneSided.write(a.mr.sge(0, 64), remote))).toMatchObject({ status: "WC_REM_ACCESS_ERR" });
  expect(elsewhere.bytes).toEqual(Buffer.alloc(64));
});
