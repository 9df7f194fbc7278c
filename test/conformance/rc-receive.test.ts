import type { Sge } from "@nomad/verbs";
import { expect } from "vitest";
import { type End, makePair } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { deliver, wrongKey } from "./kit/operations.ts";
import { test } from "./kit/test.ts";
import { execute } from "./kit/work.ts";

/** The receive fails for its own element; the sender learns only that its peer could not go on. */
async function expectReceiverFault(lab: Lab, a: End, b: End, sge: Sge): Promise<void> {
  const send = { wrId: 2, opcode: "WR_SEND", sgList: [a.mr.sge(0, 1000)] } as const;
  const received = await deliver(lab, a, b, send, { wrId: 1, sgList: [sge] });
  expect(received).toMatchObject({ wrId: 1, status: "WC_LOC_PROT_ERR", qpNum: b.qp.qpn });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_REM_OP_ERR", qpNum: a.qp.qpn });
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", "ERR"]);
  expect(b.buffer.bytes.every((byte) => byte === 0)).toBe(true);
}

test("LoopbackRcQpTest.BadRecvAddr: a receive that begins before its region fails when data comes", async ({ lab }) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(1);
  await expectReceiverFault(lab, a, b, { ...b.mr.sge(0, 1000), address: b.mr.address - 1 });
});

test("LoopbackRcQpTest.RecvOnDeregisteredRegion: a region that is gone when data comes takes none of it", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(1);
  const sge = b.mr.sge(0, 1000);
  b.mr.dereg();
  await expectReceiverFault(lab, a, b, sge);
});

test("LoopbackRcQpTest.RecvPayloadExceedMr: a message that would go past the end of the region is not taken", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(1);
  const shorter = b.pd.regMr({ address: b.buffer.address, length: 999 }, b.mr.access);
  await expectReceiverFault(lab, a, b, { ...shorter.sge(), length: 1000 });
});

test("LoopbackRcQpTest.RecvBufferExceedMr: an element longer than its region takes what fits the region", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(1);
  const shorter = b.pd.regMr({ address: b.buffer.address, length: 1000 }, b.mr.access);
  const send = { opcode: "WR_SEND", sgList: [a.mr.sge(0, 1000)] } as const;
  const received = await deliver(lab, a, b, send, { sgList: [{ ...shorter.sge(), length: 1032 }] });
  expect(received).toMatchObject({ status: "WC_SUCCESS", byteLen: 1000 });
  expect(await lab.completion(a.sendCq)).toMatchObject({ status: "WC_SUCCESS" });
});

test("LoopbackRcQpTest.BadRecvLkey: a receive with a key that was never given fails when data comes", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(1);
  await expectReceiverFault(lab, a, b, { ...b.mr.sge(0, 1000), lkey: wrongKey(b.mr.lkey) });
});

test("LoopbackRcQpTest.SendInvalidLkey: a send with a key that was never given fails here, and nothing is sent", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  b.qp.postRecv({ sgList: [b.mr.sge()] });
  const sge = { ...a.mr.sge(0, 64), lkey: wrongKey(a.mr.lkey) };
  const sent = await execute(lab, a, { wrId: 1, opcode: "WR_SEND", sgList: [sge] });
  expect(sent).toMatchObject({ wrId: 1, status: "WC_LOC_PROT_ERR", qpNum: a.qp.qpn });
  await lab.calm();
  expect(b.recvCq.poll()).toEqual([]);
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", "RTS"]);
});

test("LoopbackRcQpTest.UnsignaledSendError: a send that fails completes though it is not signaled", async ({ lab }) => {
  const { a } = makePair(lab, { sqSigAll: false });
  const sge = { ...a.mr.sge(0, 64), lkey: wrongKey(a.mr.lkey) };
  const sent = await execute(lab, a, { wrId: 1, opcode: "WR_SEND", sgList: [sge] });
  expect(sent).toMatchObject({ wrId: 1, status: "WC_LOC_PROT_ERR", qpNum: a.qp.qpn });
});
