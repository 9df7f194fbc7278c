import { expect, test } from "vitest";
import { access, type SendWr, WorkCompletion, type WrOpcode, wrOpcodes } from "./index.ts";
import { connectedPair, connectSides, makeSide, TestFabric } from "./testing/index.ts";

test("a message posted at one end is received at the other", async () => {
  const { fabric, a, b } = connectedPair();
  b.qp.postRecv({ wrId: 7, sgList: [b.mr.sge(0, 100)] });
  a.buffer.bytes.write("hello");
  a.qp.postSend({ wrId: 5, opcode: "WR_SEND", sgList: [a.mr.sge(0, 5)] });
  await fabric.until(b.cq.wait());
  expect(b.cq.poll()).toMatchObject([
    { wrId: 7, status: "WC_SUCCESS", opcode: "WC_RECV", byteLen: 5, qpNum: b.qp.qpn, immediate: null },
  ]);
  expect(b.buffer.bytes.toString("utf8", 0, 5)).toBe("hello");
  await fabric.until(a.cq.wait());
  expect(a.cq.poll()).toMatchObject([{ wrId: 5, status: "WC_SUCCESS", opcode: "WC_SEND", qpNum: a.qp.qpn }]);
});

test("a wrId of up to 53 bits comes back whole", async () => {
  const { fabric, a, b } = connectedPair();
  b.qp.postRecv({});
  a.qp.postSend({ wrId: Number.MAX_SAFE_INTEGER, opcode: "WR_SEND" });
  await fabric.until(a.cq.wait());
  expect(a.cq.poll()[0]?.wrId).toBe(Number.MAX_SAFE_INTEGER);
});

/** For each opcode a work request that works, and what the completion at the requester says. */
type Case = readonly [
  wr: (remote: { remoteAddress: number; rkey: number }) => SendWr,
  opcode: string,
  received: boolean,
];

const sge = { address: 0, length: 8, lkey: 0 };
const cases: Partial<Record<WrOpcode, Case>> = {
  WR_SEND: [() => ({ opcode: "WR_SEND", sgList: [sge] }), "WC_SEND", true],
  WR_SEND_WITH_IMM: [() => ({ opcode: "WR_SEND_WITH_IMM", sgList: [sge], immediate: 9 }), "WC_SEND", true],
  WR_RDMA_WRITE: [(to) => ({ opcode: "WR_RDMA_WRITE", sgList: [sge], ...to }), "WC_RDMA_WRITE", false],
  WR_RDMA_WRITE_WITH_IMM: [
    (to) => ({ opcode: "WR_RDMA_WRITE_WITH_IMM", sgList: [sge], immediate: 9, ...to }),
    "WC_RDMA_WRITE",
    true,
  ],
  WR_RDMA_READ: [(to) => ({ opcode: "WR_RDMA_READ", sgList: [sge], ...to }), "WC_RDMA_READ", false],
  WR_ATOMIC_CMP_AND_SWP: [
    (to) => ({ opcode: "WR_ATOMIC_CMP_AND_SWP", sgList: [sge], compare: 0n, swap: 1n, ...to }),
    "WC_COMP_SWAP",
    false,
  ],
  WR_ATOMIC_FETCH_AND_ADD: [
    (to) => ({ opcode: "WR_ATOMIC_FETCH_AND_ADD", sgList: [sge], add: 3n, ...to }),
    "WC_FETCH_ADD",
    false,
  ],
};

test.each(Object.entries(cases))(
  "%s completes at both ends as libibverbs says",
  async (name, [make, opcode, received]) => {
    expect(wrOpcodes).toHaveProperty(name);
    const { fabric, a, b } = connectedPair();
    b.qp.postRecv({ wrId: 1, sgList: [b.mr.sge(0, 64)] });
    const wr = make({ remoteAddress: b.mr.address, rkey: b.mr.rkey });
    a.qp.postSend({ ...wr, sgList: [a.mr.sge(0, 8)] } as SendWr);
    await fabric.until(a.cq.wait());
    expect(a.cq.poll()).toMatchObject([{ status: "WC_SUCCESS", opcode }]);
    expect(b.cq.poll().map((wc) => wc.immediate)).toEqual(received ? [name.endsWith("IMM") ? 9 : null] : []);
  },
);

test("writes, reads and atomics work on the peer's memory", async () => {
  const { fabric, a, b } = connectedPair();
  const remote = { remoteAddress: b.mr.address, rkey: b.mr.rkey };
  a.buffer.view.setBigUint64(0, 40n, true);
  a.qp.postSend({ opcode: "WR_RDMA_WRITE", sgList: [a.mr.sge(0, 8)], ...remote });
  a.qp.postSend({ opcode: "WR_ATOMIC_FETCH_AND_ADD", sgList: [a.mr.sge(8, 8)], add: 2n, ...remote });
  a.qp.postSend({ opcode: "WR_ATOMIC_CMP_AND_SWP", sgList: [a.mr.sge(16, 8)], compare: 42n, swap: 99n, ...remote });
  a.qp.postSend({ opcode: "WR_RDMA_READ", sgList: [a.mr.sge(24, 8)], ...remote, fence: true });
  while (a.cq.poll().every((wc) => wc.opcode !== "WC_RDMA_READ")) await fabric.until(a.cq.wait());
  expect([8, 16, 24].map((at) => a.buffer.view.getBigUint64(at, true))).toEqual([40n, 42n, 99n]);
});

test("inline data is copied as it is posted", async () => {
  const { fabric, a, b } = connectedPair();
  b.qp.postRecv({ sgList: [b.mr.sge(0, 100)] });
  const data = Buffer.from("posted");
  a.qp.postSend({ opcode: "WR_SEND", inline: data });
  data.fill(0);
  await fabric.until(b.cq.wait());
  expect(b.buffer.bytes.toString("utf8", 0, 6)).toBe("posted");
  expect(() => a.qp.postSend({ opcode: "WR_SEND", inline: new Uint8Array(a.qp.maxInlineData + 1) })).toThrowError(
    expect.objectContaining({ code: "E_VERB" }),
  );
});

test("a stale rkey breaks the connection with a remote access error, and flushes what follows", async () => {
  const { fabric, a, b } = connectedPair();
  const { rkey, address: remoteAddress } = b.mr;
  b.mr.dereg();
  a.qp.postSend({ wrId: 1, opcode: "WR_RDMA_WRITE", sgList: [a.mr.sge(0, 8)], remoteAddress, rkey });
  a.qp.postSend({ wrId: 2, opcode: "WR_SEND" });
  while (a.qp.query().state !== "ERR") await fabric.until(a.cq.wait());
  expect(a.cq.poll().map((wc) => [wc.wrId, wc.status])).toEqual([
    [1, "WC_REM_ACCESS_ERR"],
    [2, "WC_WR_FLUSH_ERR"],
  ]);
});

test("without sqSigAll only signaled sends complete", async () => {
  const { fabric, a, b } = connectedPair({ sqSigAll: false });
  for (let i = 0; i < 3; i++) b.qp.postRecv({});
  a.qp.postSend({ wrId: 1, opcode: "WR_SEND" });
  a.qp.postSend({ wrId: 2, opcode: "WR_SEND", signaled: true });
  await fabric.until(a.cq.wait());
  expect(a.cq.poll().map((wc) => wc.wrId)).toEqual([2]);
});

test("a full queue refuses one more work request, and takes it when one is done", async () => {
  const { fabric, a, b } = connectedPair({ maxSendWr: 2, maxRecvWr: 2 });
  for (let i = 0; i < 2; i++) b.qp.postRecv({});
  for (let i = 0; i < 2; i++) a.qp.postSend({ opcode: "WR_SEND" });
  const full = expect.objectContaining({ code: "E_QUEUE_FULL" });
  expect(() => a.qp.postSend({ opcode: "WR_SEND" })).toThrowError(full);
  expect(() => b.qp.postRecv({})).toThrowError(full);
  await fabric.until(a.cq.wait());
  a.qp.postSend({ opcode: "WR_SEND" });
});

test("too many elements are refused as they are posted", () => {
  const { a } = connectedPair({ maxSendSge: 4, maxRecvSge: 1 });
  const sges = (count: number) => Array.from({ length: count }, () => a.mr.sge(0, 1));
  const wrong = expect.objectContaining({ code: "E_VERB" });
  expect(() => a.qp.postSend({ opcode: "WR_SEND", sgList: sges(5) })).toThrowError(wrong);
  expect(() => a.qp.postRecv({ sgList: sges(2) })).toThrowError(wrong);
});

test("a transition that ibv_modify_qp forbids is refused, and a query says what is set", () => {
  const { a } = connectedPair();
  expect(() => a.qp.modify({ state: "INIT" })).toThrowError(expect.objectContaining({ code: "E_STATE" }));
  expect(a.qp.query()).toMatchObject({ state: "RTS", pathMtu: 4096, sqPsn: 1000, rqPsn: 2000, retryCnt: 7 });
  using fabric = new TestFabric(1);
  const side = makeSide(fabric.contexts[0] as (typeof fabric.contexts)[0]);
  side.qp.modify({ state: "INIT", access: access.REMOTE_READ });
  const path = { dlid: 1, destQpn: 1, rqPsn: 0, maxDestRdAtomic: 1, minRnrTimer: 1 };
  expect(() => side.qp.modify({ state: "RTR", ...path, pathMtu: 1000 })).toThrowError(
    expect.objectContaining({ code: "E_VERB" }),
  );
});

test("a queue pair talks to another of its own context", async () => {
  using fabric = new TestFabric(1);
  const [context] = fabric.contexts;
  if (!context) throw new Error("there is a context");
  const [a, b] = [makeSide(context), makeSide(context)];
  connectSides(a, b);
  b.qp.postRecv({ wrId: 3 });
  a.qp.postSend({ opcode: "WR_SEND" });
  await fabric.until(b.cq.wait());
  expect(b.cq.poll()).toMatchObject([{ wrId: 3, status: "WC_SUCCESS" }]);
});

test("a peer that does not answer ends a send with RETRY_EXC_ERR", async () => {
  const { fabric, a, b } = connectedPair();
  b.qp.postRecv({});
  a.qp.postSend({ wrId: 1, opcode: "WR_SEND" });
  await fabric.until(a.cq.wait());
  fabric.link(a.context, b.context).cut();
  a.qp.postSend({ wrId: 2, opcode: "WR_SEND" });
  expect(a.cq.poll()).toMatchObject([{ wrId: 1, status: "WC_SUCCESS" }]);
  await fabric.until(a.cq.wait());
  expect(a.cq.poll()).toMatchObject([{ wrId: 2, status: "WC_RETRY_EXC_ERR" }]);
});

test("polling into completions that exist takes as many as there are, up to their number", async () => {
  const { fabric, a, b } = connectedPair();
  for (let i = 0; i < 5; i++) b.qp.postRecv({ wrId: i });
  for (let i = 0; i < 5; i++) a.qp.postSend({ opcode: "WR_SEND" });
  const wcs = Array.from({ length: 4 }, () => new WorkCompletion());
  await fabric.until(b.cq.wait());
  const seen: number[] = [];
  while (seen.length < 5) {
    const count = b.cq.pollInto(wcs);
    seen.push(...wcs.slice(0, count).map((wc) => wc.wrId));
    if (count === 0) await fabric.until(b.cq.wait());
  }
  expect(seen).toEqual([0, 1, 2, 3, 4]);
  expect(b.cq.pollInto(wcs)).toBe(0);
});
