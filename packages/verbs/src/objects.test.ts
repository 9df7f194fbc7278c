import { expect, test } from "vitest";
import { access, incRkey } from "./index.ts";
import { connectedPair, connectSides, makeSide } from "./testing/index.ts";

test("an unreliable connection delivers, and writes", async () => {
  const { fabric, a, b } = connectedPair({ type: "UC" });
  b.qp.postRecv({ wrId: 4, sgList: [b.mr.sge(0, 64)] });
  a.qp.postSend({
    opcode: "WR_RDMA_WRITE",
    inline: Buffer.from("x"),
    remoteAddress: b.mr.address + 100,
    rkey: b.mr.rkey,
  });
  a.qp.postSend({ opcode: "WR_SEND", inline: Buffer.from("uc") });
  await fabric.until(b.cq.wait());
  expect(b.cq.poll()).toMatchObject([{ wrId: 4, status: "WC_SUCCESS", byteLen: 2 }]);
  expect(b.buffer.bytes.toString("utf8", 100, 101)).toBe("x");
});

test("queue pairs take receives from a shared queue, which tells when few are left", async () => {
  const { fabric, a, b } = connectedPair();
  using srq = b.pd.createSrq({ maxWr: 8 });
  for (let i = 0; i < 3; i++) srq.postRecv({ wrId: i, sgList: [b.mr.sge(64 * i, 64)] });
  srq.modify({ limit: 3 });
  using qp = b.pd.createQp({ sendCq: b.cq, recvCq: b.cq, srq });
  const sender = makeSide(a.context);
  connectSides(sender, { ...b, qp });
  expect(() => qp.postRecv({})).toThrowError(expect.objectContaining({ code: "E_VERB" }));
  sender.qp.postSend({ opcode: "WR_SEND" });
  await fabric.until(b.cq.wait());
  expect(b.cq.poll()).toMatchObject([{ wrId: 0, qpNum: qp.qpn }]);
  const events = [];
  for (let event = b.context.asyncEvents.poll(); event; event = b.context.asyncEvents.poll()) events.push(event);
  expect(events).toContainEqual({ kind: "SRQ_LIMIT_REACHED", srqn: srq.srqn });
  expect(srq.query()).toMatchObject({ posted: 2, limit: 0, entries: 8 });
  expect(() => srq.destroy()).toThrowError(expect.objectContaining({ code: "E_BUSY" }));
});

test("a shared queue takes no more than it holds", () => {
  const { a } = connectedPair();
  using srq = a.pd.createSrq({ maxWr: 2, maxSge: 1 });
  expect(() => srq.postRecv({ sgList: [a.mr.sge(0, 1), a.mr.sge(0, 1)] })).toThrowError(
    expect.objectContaining({ code: "E_VERB" }),
  );
  srq.postRecv({});
  srq.postRecv({});
  expect(() => srq.postRecv({})).toThrowError(expect.objectContaining({ code: "E_QUEUE_FULL" }));
});

test.each([1, 2] as const)(
  "a window of type %i opens its range under its new key, and nothing outside of it",
  async (type) => {
    const { fabric, a, b } = connectedPair();
    using mr = b.pd.regMr(b.buffer, access.LOCAL_WRITE | access.MW_BIND);
    using mw = b.pd.allocMw(type);
    const before = mw.rkey;
    const binding = { mr, address: mr.address + 16, length: 16, access: access.REMOTE_WRITE };
    b.qp.postSend({ opcode: "WR_BIND_MW", mw, bind: binding });
    expect(mw.rkey).toBe(incRkey(before));
    await fabric.until(b.cq.wait());
    expect(b.cq.poll()).toMatchObject([{ status: "WC_SUCCESS", opcode: "WC_BIND_MW" }]);
    expect(mw.query()).toMatchObject({ address: mr.address + 16, length: 16, rkey: mw.rkey });
    const write = { opcode: "WR_RDMA_WRITE", inline: Buffer.from("in"), rkey: mw.rkey } as const;
    a.qp.postSend({ ...write, remoteAddress: mr.address + 16 });
    await fabric.until(a.cq.wait());
    expect(a.cq.poll()).toMatchObject([{ status: "WC_SUCCESS" }]);
    a.qp.postSend({ ...write, remoteAddress: mr.address });
    await fabric.until(a.cq.wait());
    expect(a.cq.poll()).toMatchObject([{ status: "WC_REM_ACCESS_ERR" }]);
  },
);

test("a SEND with invalidate closes the window, and the receiver is told its key", async () => {
  const { fabric, a, b } = connectedPair();
  const mw = b.pd.allocMw(2);
  const mr = b.pd.regMr(b.buffer, access.LOCAL_WRITE | access.MW_BIND);
  b.qp.postSend({
    opcode: "WR_BIND_MW",
    mw,
    bind: { mr, address: mr.address, length: 64, access: access.REMOTE_READ },
  });
  await fabric.until(b.cq.wait());
  b.cq.poll();
  b.qp.postRecv({});
  a.qp.postSend({ opcode: "WR_SEND_WITH_INV", invalidateRkey: mw.rkey });
  await fabric.until(b.cq.wait());
  expect(b.cq.poll()).toMatchObject([{ status: "WC_SUCCESS", invalidated: mw.rkey }]);
  expect(mw.query().length).toBe(0);
});

test("a window whose binds failed one after the other is given back all the same", async () => {
  const { fabric, b } = connectedPair();
  using mw = b.pd.allocMw(2);
  for (let i = 0; i < 3; i++) {
    b.qp.postSend({ opcode: "WR_BIND_MW", mw, bind: { mr: b.mr, address: b.mr.address, length: 8, access: 0 } });
  }
  await fabric.until(b.cq.wait());
  expect(b.cq.poll().map((wc) => wc.status)).toEqual(["WC_MW_BIND_ERR", "WC_WR_FLUSH_ERR", "WC_WR_FLUSH_ERR"]);
});

test("a window whose bind failed is given back all the same", async () => {
  const { fabric, b } = connectedPair();
  const mw = b.pd.allocMw(2);
  b.qp.postSend({ opcode: "WR_BIND_MW", mw, bind: { mr: b.mr, address: b.mr.address, length: 8, access: 0 } });
  await fabric.until(b.cq.wait());
  expect(b.cq.poll()).toMatchObject([{ status: "WC_MW_BIND_ERR" }]);
  mw.dealloc();
});

test("a completion queue that is resized keeps what is not polled, and takes more", async () => {
  const { fabric, a, b } = connectedPair({ cqEntries: 2 });
  for (let i = 0; i < 4; i++) b.qp.postRecv({ wrId: i });
  a.qp.postSend({ opcode: "WR_SEND" });
  await fabric.until(a.cq.wait());
  b.cq.resize(3);
  expect(b.cq.entries).toBe(4);
  a.cq.resize(8);
  for (let i = 0; i < 3; i++) a.qp.postSend({ opcode: "WR_SEND" });
  while (a.qp.query().sqPsn !== 1004) await fabric.until(a.cq.wait().then(() => a.cq.poll()));
  expect(b.cq.poll().map((wc) => wc.wrId)).toEqual([0, 1, 2, 3]);
});

test("a device says what it can do, and its port where it is", () => {
  const { a } = connectedPair();
  expect(a.context.queryDevice()).toMatchObject({ physPortCnt: 1, atomicCap: "HCA" });
  expect(a.context.queryPort()).toMatchObject({ lid: a.context.lid });
});

test("a queue pair counts what it sends, and the port what all of them do, even when they are gone", async () => {
  const { fabric, a, b } = connectedPair();
  const other = makeSide(a.context);
  connectSides(other, makeSide(b.context));
  b.qp.postRecv({});
  a.qp.postSend({ opcode: "WR_SEND" });
  await fabric.until(a.cq.wait());
  expect(a.qp.queryCounters()).toMatchObject({ port_xmit_packets: 1, port_rcv_packets: 1 });
  expect(other.qp.queryCounters()).toMatchObject({ port_xmit_packets: 0, port_rcv_packets: 0 });
  a.qp.destroy();
  expect(a.context.queryCounters()).toMatchObject({ port_xmit_packets: 1, port_rcv_packets: 1 });
});

test("an address handle says where it leads", () => {
  const { a, b } = connectedPair();
  const dlid = b.context.lid;
  expect(a.pd.createAh({ dlid }).query()).toEqual({ dlid, sl: 0 });
  const grh = { dgid: b.context.queryGid(0), sgidIndex: 0, trafficClass: 3, flowLabel: 5, hopLimit: 64 };
  expect(a.pd.createAh({ dlid, sl: 2, grh }).query()).toEqual({ dlid, sl: 2, grh });
});

test("a shared queue that is made larger keeps what is posted, and takes more", async () => {
  const { fabric, a, b } = connectedPair();
  using srq = b.pd.createSrq({ maxWr: 2 });
  for (let i = 0; i < 2; i++) srq.postRecv({ wrId: i });
  expect(() => srq.modify({ maxWr: 1 })).toThrowError(expect.objectContaining({ code: "E_VERB" }));
  srq.modify({ maxWr: 4 });
  srq.postRecv({ wrId: 2 });
  using qp = b.pd.createQp({ sendCq: b.cq, recvCq: b.cq, srq });
  const sender = makeSide(a.context);
  connectSides(sender, { ...b, qp });
  for (let i = 0; i < 3; i++) sender.qp.postSend({ opcode: "WR_SEND" });
  await fabric.until(sender.cq.wait());
  expect(b.cq.poll().map((wc) => wc.wrId)).toEqual([0, 1, 2]);
});

test("a region that is registered anew keeps its keys, and one that cannot be stays what it was", () => {
  const { a } = connectedPair();
  const { lkey, rkey } = a.mr;
  const pd = a.context.allocPd();
  a.mr.rereg({ pd, range: { address: a.buffer.address + 64, length: 64 }, access: access.LOCAL_WRITE });
  expect(a.mr).toMatchObject({ lkey, rkey, address: a.buffer.address + 64, length: 64 });
  expect(a.mr.pd === pd).toBe(true);
  const wrong = expect.objectContaining({ code: "E_VERB" });
  expect(() => a.mr.rereg({ access: access.REMOTE_WRITE })).toThrowError(wrong);
  expect(() => a.mr.rereg({ range: { address: a.buffer.address, length: 0 } })).toThrowError(wrong);
  expect(a.mr).toMatchObject({ length: 64, access: access.LOCAL_WRITE });
});

test("queues that are destroyed take nothing, for their memory is free", () => {
  const { a } = connectedPair();
  const srq = a.pd.createSrq({ maxWr: 2 });
  srq.destroy();
  a.qp.destroy();
  const gone = expect.objectContaining({ code: "E_VERB" });
  expect(() => srq.postRecv({})).toThrowError(gone);
  expect(() => a.qp.postRecv({})).toThrowError(gone);
  expect(() => a.qp.postSend({ opcode: "WR_SEND" })).toThrowError(gone);
});
