import { readyUd, type SendWr, type Sge } from "@nomad/verbs";
import { expect } from "vitest";
import { allAccess, connect, type End, makeEnd, makePair } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { test } from "./kit/test.ts";
import { bindWindow, boundWindow, remoteAccess, throughWindow, windowTypes } from "./kit/windows.ts";
import { oneSided, type Remote, statusOf } from "./kit/work.ts";

// What belongs to different protection domains does not work together (IBA 10.2.3).

/** A domain of the same context, and a region over the end's buffer in it. */
function otherDomain(end: End) {
  const pd = end.context.allocPd();
  return { pd, mr: pd.regMr(end.buffer, allAccess) };
}

test("PdBindTest.MwOnOtherPd: a window is not bound by a queue pair of another domain", async ({ lab }) => {
  for (const type of windowTypes) {
    const { b } = makePair(lab);
    expect(await bindWindow(lab, b, otherDomain(b).pd.allocMw(type)), `type ${type}`).toBe("WC_MW_BIND_ERR");
  }
});

test("PdBindTest.MrOnOtherPd: a window is not bound to a region of another domain", async ({ lab }) => {
  for (const type of windowTypes) {
    const { b } = makePair(lab);
    const { mr } = otherDomain(b);
    expect(await bindWindow(lab, b, b.pd.allocMw(type), { mr }), `type ${type}`).toBe("WC_MW_BIND_ERR");
  }
});

test("PdBindTest.MrMwOnOtherPd: nor are both of one domain bound by a queue pair of another", async ({ lab }) => {
  for (const type of windowTypes) {
    const { b } = makePair(lab);
    const { pd, mr } = otherDomain(b);
    expect(await bindWindow(lab, b, pd.allocMw(type), { mr }), `type ${type}`).toBe("WC_MW_BIND_ERR");
  }
});

/** The operation with a local element, or a remote key, of another domain than the queue pair's; memory stays as it was. */
async function expectRefused(lab: Lab, side: "local" | "remote", make: (local: Sge, remote: Remote) => SendWr) {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(0x11);
  b.buffer.bytes.fill(0x22);
  const local = side === "local" ? otherDomain(a).mr : a.mr;
  const { rkey } = side === "remote" ? otherDomain(b).mr : b.mr;
  const wr = make(local.sge(0, 8), { remoteAddress: b.mr.address, rkey });
  expect(await statusOf(lab, a, wr)).toBe(side === "local" ? "WC_LOC_PROT_ERR" : "WC_REM_ACCESS_ERR");
  expect(a.buffer.bytes.every((byte) => byte === 0x11)).toBe(true);
  expect(b.buffer.bytes.every((byte) => byte === 0x22)).toBe(true);
}

/**
 * An atomic whose answer has no place: where it goes is looked at when it comes, and by then the peer's memory holds `result`.
 */
async function expectNotFetched(lab: Lab, make: (local: Sge, remote: Remote) => SendWr, result: bigint) {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(0x11);
  b.buffer.bytes.fill(0x22);
  const wr = make(otherDomain(a).mr.sge(0, 8), { remoteAddress: b.mr.address, rkey: b.mr.rkey });
  expect(await statusOf(lab, a, wr)).toBe("WC_LOC_PROT_ERR");
  expect(a.buffer.bytes.every((byte) => byte === 0x11)).toBe(true);
  expect(b.buffer.bytes.readBigUInt64LE()).toBe(result);
}

/** With what is there, so that it swaps. */
const swapEqual = (local: Sge, remote: Remote) => oneSided.compareSwap(local, remote, 0x2222222222222222n);

test("PdRcLoopbackMrTest.SendMrOtherPdLocal: a SEND out of another domain's region is refused", async ({ lab }) => {
  const { a, b } = makePair(lab);
  b.qp.postRecv({ sgList: [b.mr.sge(0, 64)] });
  const wr: SendWr = { opcode: "WR_SEND", sgList: [otherDomain(a).mr.sge(0, 64)] };
  expect(await statusOf(lab, a, wr)).toBe("WC_LOC_PROT_ERR");
  await lab.calm();
  expect(b.recvCq.poll()).toEqual([]);
});

test("PdRcLoopbackMrTest.SendMrOtherPdRemote: a SEND is not placed into another domain's region", async ({ lab }) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(0x11);
  b.qp.postRecv({ wrId: 4, sgList: [otherDomain(b).mr.sge(0, 64)] });
  expect(await statusOf(lab, a, { opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] })).toBe("WC_REM_OP_ERR");
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 4, status: "WC_LOC_PROT_ERR" });
  expect(b.buffer.bytes.every((byte) => byte === 0)).toBe(true);
});

test("PdRcLoopbackMrTest.BasicReadMrOtherPdLocal: a READ into another domain's region is refused", async ({ lab }) => {
  await expectRefused(lab, "local", oneSided.read);
});

test("PdRcLoopbackMrTest.BasicReadMrOtherPdRemote: a READ from another domain's region is refused", async ({ lab }) => {
  await expectRefused(lab, "remote", oneSided.read);
});

test("PdRcLoopbackMrTest.BasicWriteMrOtherPdLocal: a WRITE out of another domain's region is refused", async ({
  lab,
}) => {
  await expectRefused(lab, "local", oneSided.write);
});

test("PdRcLoopbackMrTest.BasicWriteMrOtherPdRemote: a WRITE to another domain's region is refused", async ({ lab }) => {
  await expectRefused(lab, "remote", oneSided.write);
});

test("PdRcLoopbackMrTest.BasicFetchAddMrOtherPdLocal: no sum is fetched into another domain's region", async ({
  lab,
}) => {
  await expectNotFetched(lab, oneSided.fetchAdd, 0x2222222222222223n);
});

test("PdRcLoopbackMrTest.BasicFetchAddMrOtherPdRemote: nothing is added in another domain's region", async ({
  lab,
}) => {
  await expectRefused(lab, "remote", oneSided.fetchAdd);
});

test("PdRcLoopbackMrTest.BasicCompSwapMrOtherPdLocal: no swap is fetched into another domain's region", async ({
  lab,
}) => {
  await expectNotFetched(lab, swapEqual, 1n);
});

test("PdRcLoopbackMrTest.BasicCompSwapMrOtherPdRemote: nothing is swapped in another domain's region", async ({
  lab,
}) => {
  await expectRefused(lab, "remote", swapEqual);
});

test("PdUdLoopbackTest.SendAhOnOtherPd: a datagram is not sent by another domain's address handle", async ({ lab }) => {
  const [a, b] = [makeEnd(lab.context(0), { type: "UD" }), makeEnd(lab.context(1), { type: "UD" })];
  for (const { qp } of [a, b]) readyUd(qp, 200);
  b.qp.postRecv({ sgList: [b.mr.sge(0, 2000)] });
  const ah = otherDomain(a).pd.createAh({ dlid: b.context.lid });
  const ud = { ah, remoteQpn: b.qp.qpn, remoteQkey: 200 };
  expect(await statusOf(lab, a, { opcode: "WR_SEND", sgList: [a.mr.sge(0, 1000)], ud })).toBe("WC_LOC_QP_OP_ERR");
  await lab.calm();
  expect(b.recvCq.poll()).toEqual([]);
});

/** A peer's operation through a bound window of another domain than the queue pair's. */
async function expectWindowClosed(lab: Lab, make: (local: Sge, remote: Remote) => SendWr): Promise<void> {
  const { a, b } = makePair(lab);
  b.buffer.bytes.fill(0x22);
  const { pd, mr } = otherDomain(b);
  const binder = { ...b, pd, mr, qp: pd.createQp({ sendCq: b.sendCq, recvCq: b.recvCq }) };
  connect(binder.qp, makeEnd(lab.context(0)).qp);
  const mw = await boundWindow(lab, binder, 1, { access: remoteAccess });
  expect(await statusOf(lab, a, make(a.mr.sge(0, 8), throughWindow(b, mw)))).toBe("WC_REM_ACCESS_ERR");
  expect(b.buffer.bytes.every((byte) => byte === 0x22)).toBe(true);
}

test("PdType1MwTest.ReadMwOtherPd: a READ through another domain's window is refused", async ({ lab }) => {
  await expectWindowClosed(lab, oneSided.read);
});

test("PdType1MwTest.WriteMwOtherPd: a WRITE through another domain's window is refused", async ({ lab }) => {
  await expectWindowClosed(lab, oneSided.write);
});

test("PdType1MwTest.FetchAddMwOtherPd: a fetch and add through another domain's window is refused", async ({ lab }) => {
  await expectWindowClosed(lab, oneSided.fetchAdd);
});

test("PdType1MwTest.CompSwapMwOtherPd: a compare and swap through another domain's window is refused", async ({
  lab,
}) => {
  await expectWindowClosed(lab, swapEqual);
});
