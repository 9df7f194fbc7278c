import type { MemoryRegion, ProtectionDomain, SharedReceiveQueue } from "@nomad/verbs";
import { expect } from "vitest";
import { allAccess, connect, type End, makeEnd } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { test } from "./kit/test.ts";
import { fill, statusOf } from "./kit/work.ts";

// A shared receive queue may be in another protection domain than the queue pairs that take from it: keys in its work
// requests are of its own domain (IBA 10.2.9.1).

interface Scene {
  readonly a: End;
  /** Its queue pair takes from `srq`. */
  readonly b: End;
  readonly srq: SharedReceiveQueue;
  readonly srqPd: ProtectionDomain;
  /** Over the same buffer as `b.mr`. */
  readonly srqMr: MemoryRegion;
}

function sceneOf(lab: Lab): Scene {
  const a = makeEnd(lab.context(0));
  const own = makeEnd(lab.context(1));
  const srqPd = own.context.allocPd();
  const srq = srqPd.createSrq({ maxWr: 8 });
  const b = { ...own, qp: own.pd.createQp({ sendCq: own.sendCq, recvCq: own.recvCq, srq }) };
  connect(a.qp, b.qp);
  fill(a.buffer.bytes, 4);
  return { a, b, srq, srqPd, srqMr: srqPd.regMr(b.buffer, allAccess) };
}

test("PdSrqTest.CreateSrq: a queue pair may take from a shared receive queue of another domain", ({ lab }) => {
  const { b, srq, srqPd } = sceneOf(lab);
  expect(b.qp.pd.handle).not.toBe(srqPd.handle);
  expect(srq.pd === srqPd).toBe(true);
});

test("PdSrqTest.SrqRecvMrSrqMatch: a message is placed into a region of the shared queue's domain", async ({ lab }) => {
  const { a, b, srq, srqMr } = sceneOf(lab);
  srq.postRecv({ wrId: 3, sgList: [srqMr.sge(0, 64)] });
  expect(await statusOf(lab, a, { opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] })).toBe("WC_SUCCESS");
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 3, status: "WC_SUCCESS", byteLen: 64 });
  expect(b.buffer.bytes.compare(a.buffer.bytes, 0, 64, 0, 64)).toBe(0);
});

test("PdSrqTest.SrqRecvMrSrqMismatch: a message is not placed into a region of the queue pair's domain", async ({
  lab,
}) => {
  const { a, b, srq } = sceneOf(lab);
  srq.postRecv({ wrId: 3, sgList: [b.mr.sge(0, 64)] });
  expect(await statusOf(lab, a, { opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)] })).toBe("WC_REM_OP_ERR");
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 3, status: "WC_LOC_PROT_ERR" });
  expect(b.buffer.bytes.every((byte) => byte === 0)).toBe(true);
});

test("PdSrqTest.QpSrqPdMismatchWriteWithImm: a WRITE goes by the queue pair's domain, whatever the shared queue's is", async ({
  lab,
}) => {
  const { a, b, srq, srqMr } = sceneOf(lab);
  const write = (rkey: number) => {
    const remote = { remoteAddress: b.mr.address, rkey, immediate: 77 };
    return statusOf(lab, a, { opcode: "WR_RDMA_WRITE_WITH_IMM", sgList: [a.mr.sge(0, 64)], ...remote });
  };
  for (let wrId = 0; wrId < 2; wrId++) srq.postRecv({ wrId });
  expect(await write(b.mr.rkey)).toBe("WC_SUCCESS");
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 0, opcode: "WC_RECV_RDMA_WITH_IMM", immediate: 77 });
  expect(b.buffer.bytes.compare(a.buffer.bytes, 0, 64, 0, 64)).toBe(0);
  expect(await write(srqMr.rkey)).toBe("WC_REM_ACCESS_ERR");
});
