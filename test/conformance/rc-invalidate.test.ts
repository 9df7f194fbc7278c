import { connectQp, type MemoryWindow, type SendWr, type Sge } from "@nomad/verbs";
import { expect } from "vitest";
import { type End, makePair } from "./kit/ends.ts";
import { deliver, wrongKey } from "./kit/operations.ts";
import { siblingPair } from "./kit/siblings.ts";
import { test } from "./kit/test.ts";
import { boundWindow, throughWindow } from "./kit/windows.ts";
import { execute, oneSided } from "./kit/work.ts";

function readThrough(a: End, mw: MemoryWindow, b: End): SendWr {
  return oneSided.read(a.mr.sge(0, 64), throughWindow(b, mw));
}

function sendInvalidating(rkey: number, rest: { sgList?: Sge[] } = {}): SendWr {
  return { wrId: 2, opcode: "WR_SEND_WITH_INV", invalidateRkey: rkey, ...rest };
}

test("LoopbackRcQpTest.SendWithInvalidate: the message takes the window's key away, and the receiver is told which", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  const mw = await boundWindow(lab, b, 2);
  const send = sendInvalidating(mw.rkey, { sgList: [a.mr.sge(0, 64)] });
  const received = await deliver(lab, a, b, send, { wrId: 1, sgList: [b.mr.sge()] });
  expect(received).toMatchObject({ wrId: 1, status: "WC_SUCCESS", byteLen: 64, invalidated: mw.rkey, immediate: null });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS", opcode: "WC_SEND" });
  expect(await execute(lab, a, readThrough(a, mw, b))).toMatchObject({ status: "WC_REM_ACCESS_ERR" });
});

test("LoopbackRcQpTest.SendWithInvalidateEmptySgl: a message of no bytes invalidates all the same", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const mw = await boundWindow(lab, b, 2);
  const received = await deliver(lab, a, b, sendInvalidating(mw.rkey), { wrId: 1 });
  expect(received).toMatchObject({ status: "WC_SUCCESS", byteLen: 0, invalidated: mw.rkey });
  expect(await lab.completion(a.sendCq)).toMatchObject({ status: "WC_SUCCESS" });
  expect(await execute(lab, a, readThrough(a, mw, b))).toMatchObject({ status: "WC_REM_ACCESS_ERR" });
});

test("LoopbackRcQpTest.SendWithInvalidateNoBuffer: a message that finds no receive takes no key away", async ({
  lab,
}) => {
  const { a, b } = makePair(lab, {}, { rnrRetry: 1, minRnrTimer: 1 });
  const mw = await boundWindow(lab, b, 2);
  expect(await execute(lab, a, sendInvalidating(mw.rkey))).toMatchObject({ status: "WC_RNR_RETRY_EXC_ERR" });
  expect(mw.query()).toMatchObject({ lkey: b.mr.lkey, length: b.mr.length });
  // The sender starts anew where its peer stands: the window opens as before.
  const { sqPsn, rqPsn } = b.qp.query();
  a.qp.modify({ state: "RESET" });
  connectQp(a.qp, { lid: b.context.lid, qpn: b.qp.qpn, psn: sqPsn }, rqPsn);
  expect(await execute(lab, a, readThrough(a, mw, b))).toMatchObject({ status: "WC_SUCCESS" });
});

test("LoopbackRcQpTest.SendWithInvalidateBadRkey: a key that no window has fails both ends", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const mw = await boundWindow(lab, b, 2);
  const received = await deliver(lab, a, b, sendInvalidating(wrongKey(mw.rkey)), { wrId: 1 });
  expect(received).toMatchObject({ wrId: 1, status: "WC_REM_ACCESS_ERR" });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_REM_ACCESS_ERR" });
  expect(mw.query()).toMatchObject({ lkey: b.mr.lkey });
});

test("LoopbackRcQpTest.SendWithInvalidateType1Rkey: a window of type 1 cannot be invalidated by a message, whose sender has no answer", async ({
  lab,
}) => {
  const { a, b } = makePair(lab, {}, { timeout: 12, retryCnt: 1 });
  const mw = await boundWindow(lab, b, 1);
  const received = await deliver(lab, a, b, sendInvalidating(mw.rkey), { wrId: 1 });
  expect(received).toMatchObject({ wrId: 1, status: "WC_MW_BIND_ERR" });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_RETRY_EXC_ERR" });
  expect(mw.query()).toMatchObject({ lkey: b.mr.lkey });
});

test("LoopbackRcQpTest.SendWithInvalidateWrongQp: a message does not invalidate what another queue pair has bound", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  const other = siblingPair({ a, b });
  const mw = await boundWindow(lab, other.b, 2);
  const received = await deliver(lab, a, b, sendInvalidating(mw.rkey), { wrId: 1 });
  expect(received).toMatchObject({ wrId: 1, status: "WC_REM_ACCESS_ERR", qpNum: b.qp.qpn });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_REM_ACCESS_ERR" });
  expect(mw.query()).toMatchObject({ lkey: b.mr.lkey });
});
