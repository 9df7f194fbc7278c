import type { LKey } from "@nomad/base";
import { access, type SendWr, type WcStatus } from "@nomad/verbs";
import { expect } from "vitest";
import { allAccess, type End, makeEnd, makePair, remoteOf } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { test } from "./kit/test.ts";
import { fill, oneSided, outcomeOf, refusal, statusOf } from "./kit/work.ts";

// Memory regions: registered, registered anew, and deregistered under work that is under way (IBA 10.6, 11.2.8).

test("MrTest.RegisterMemory: a region has the range, the domain and two keys, until it is deregistered", ({ lab }) => {
  const { pd, buffer, context } = makeEnd(lab.context(0));
  const mr = pd.regMr(buffer, allAccess);
  expect([mr.address, mr.length, mr.access]).toEqual([buffer.address, buffer.length, allAccess]);
  expect(mr.pd === pd).toBe(true);
  expect(mr.lkey).not.toBe(mr.rkey);
  mr.dereg();
  expect(() => context.hca.deregisterMemory(mr.lkey as LKey)).toThrowError(refusal("E_VERB"));
});

test("MrTest.DeregInvalidMr: a key that is no region's deregisters nothing", async ({ lab }) => {
  const { a, b } = makePair(lab);
  for (const key of [b.mr.lkey ^ 2, b.mr.rkey, 0]) {
    expect(() => b.context.hca.deregisterMemory(key as LKey)).toThrowError(refusal("E_VERB"));
  }
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 8), remoteOf(b)))).toBe("WC_SUCCESS");
});

test("MrTest.RemoteWriteWithoutLocalWrite: who may not write a region cannot let others write it", ({ lab }) => {
  const { pd, buffer } = makeEnd(lab.context(0));
  expect(() => pd.regMr(buffer, access.REMOTE_WRITE | access.REMOTE_READ)).toThrowError(refusal("E_VERB"));
});

test("MrTest.RemoteAtomicWithoutLocalWrite: nor let others change it by atomics", ({ lab }) => {
  const { pd, buffer } = makeEnd(lab.context(0));
  expect(() => pd.regMr(buffer, access.REMOTE_ATOMIC | access.REMOTE_READ)).toThrowError(refusal("E_VERB"));
});

test("MrTest.ReregMrChangeAddress: a region that moves opens its new range, and its old one no more", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  const [old, other] = [remoteOf(b), b.context.alloc(4096)];
  fill(other.bytes, 5);
  b.mr.rereg({ range: other });
  expect([b.mr.address, b.mr.length]).toEqual([other.address, 4096]);
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 4096), remoteOf(b)))).toBe("WC_SUCCESS");
  expect(a.buffer.bytes.compare(other.bytes, 0, 4096, 0, 4096)).toBe(0);
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 8), old))).toBe("WC_REM_ACCESS_ERR");
});

test("MrTest.ReregMrChangePd: a region that changes its domain opens to its new one only", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const pd = b.context.allocPd();
  b.mr.rereg({ pd });
  expect(b.mr.pd === pd).toBe(true);
  expect(() => pd.dealloc()).toThrowError(refusal("E_BUSY"));
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 8), remoteOf(b)))).toBe("WC_REM_ACCESS_ERR");
  b.mr.rereg({ pd: b.pd });
  pd.dealloc();
});

test("MrTest.ReregMrInvalidPermission: rights that no region may have are refused, and the old ones stay", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  expect(() => b.mr.rereg({ access: access.REMOTE_WRITE })).toThrowError(refusal("E_VERB"));
  expect(b.mr.access).toBe(allAccess);
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 8), remoteOf(b)))).toBe("WC_SUCCESS");
});

test("MrTest.ReregMrInvalidBuffer: a region moves neither to no bytes nor out of memory", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const { address, length } = b.mr;
  const beyond = b.context.heap.memory.bytes.length;
  expect(() => b.mr.rereg({ range: { address, length: 0 } })).toThrowError(refusal("E_VERB"));
  expect(() => b.mr.rereg({ range: { address: beyond - 8, length: 16 } })).toThrowError(refusal("E_VERB"));
  expect([b.mr.address, b.mr.length]).toEqual([address, length]);
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 8), remoteOf(b)))).toBe("WC_SUCCESS");
});

test("MrLoopbackTest.OutstandingRecv: a region may go under a posted receive, which a message then fails", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  b.qp.postRecv({ wrId: 3, sgList: [b.mr.sge(0, 64)] });
  b.mr.dereg();
  await lab.calm();
  expect(b.recvCq.poll()).toEqual([]);
  expect(await statusOf(lab, a, { opcode: "WR_SEND", sgList: [a.mr.sge(0, 8)] })).toBe("WC_REM_OP_ERR");
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 3, status: "WC_LOC_PROT_ERR" });
});

test("MrLoopbackTest.ReregMrChangeAccess: a right that is taken away is gone at once", async ({ lab }) => {
  const { a, b } = makePair(lab);
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 8), remoteOf(b)))).toBe("WC_SUCCESS");
  b.mr.rereg({ access: access.REMOTE_WRITE | access.LOCAL_WRITE });
  expect(await statusOf(lab, a, oneSided.write(a.mr.sge(0, 8), remoteOf(b)))).toBe("WC_SUCCESS");
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 8), remoteOf(b)))).toBe("WC_REM_ACCESS_ERR");
});

const TIMES = 100;
const WARM = 10;

/** Posts the work request many times and deregisters its region when some are done. Each completes once, in order. */
async function deregisterUnder(lab: Lab, { qp, mr, sendCq }: End, wr: SendWr): Promise<WcStatus[]> {
  for (let i = 0; i < TIMES; i++) qp.postSend({ ...wr, wrId: i });
  const wcs = await lab.completions(sendCq, WARM);
  mr.dereg();
  wcs.push(...(await lab.completions(sendCq, TIMES - WARM)));
  expect(wcs.map((wc) => wc.wrId)).toEqual(wcs.map((_, i) => i));
  expect(qp.query().state).toBe("ERR");
  return wcs.map((wc) => wc.status);
}

test("MrLoopbackTest.OutstandingRead: READs into a region that goes fail from then on", async ({ lab }) => {
  const { a, b } = makePair(lab, {}, { maxRdAtomic: 4, maxDestRdAtomic: 4 });
  const { good, failures } = outcomeOf(await deregisterUnder(lab, a, oneSided.read(a.mr.sge(), remoteOf(b))));
  expect(failures).toEqual(["WC_LOC_PROT_ERR"]);
  expect(good).toBeGreaterThanOrEqual(WARM);
});

test("MrLoopbackTest.OutstandingWrite: WRITEs out of a region that goes fail when it is their turn", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  const { good, failures } = outcomeOf(await deregisterUnder(lab, a, oneSided.write(a.mr.sge(), remoteOf(b))));
  expect(failures).toEqual(["WC_LOC_PROT_ERR"]);
  expect(good).toBeGreaterThanOrEqual(WARM);
});
