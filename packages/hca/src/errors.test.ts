import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { LKey, RKey } from "@nomad/base";
import { beforeEach, describe, expect, test } from "vitest";
import type { SendWr } from "./queues/index.ts";
import { ACCESS_ALL, connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric);
});

const remote = () => ({ remoteAddress: b.data, rkey: b.region.rkey });
const stateOf = (endpoint: Endpoint) => endpoint.adapter.hca.queryQp(endpoint.qpn).state;
const statuses = (endpoint: Endpoint) => endpoint.sendCq.drain().map((c) => c.status);

describe("what the responder refuses fails the requester, and both queue pairs", () => {
  const atomic = { opcode: abi.WR_ATOMIC_FETCH_AND_ADD };
  const cases: readonly (readonly [string, number, (wr: Omit<SendWr, "id" | "opcode">) => Omit<SendWr, "id">])[] = [
    [
      "a WRITE with a wrong rkey",
      abi.WC_REM_ACCESS_ERR,
      (wr) => ({ ...wr, opcode: abi.WR_RDMA_WRITE, rkey: (b.region.rkey ^ 1) as RKey }),
    ],
    ["a READ with a wrong rkey", abi.WC_REM_ACCESS_ERR, (wr) => ({ ...wr, opcode: abi.WR_RDMA_READ, rkey: 0 as RKey })],
    ["an atomic with a wrong rkey", abi.WC_REM_ACCESS_ERR, (wr) => ({ ...wr, ...atomic, rkey: 0xffffffff as RKey })],
    [
      "a WRITE past the region",
      abi.WC_REM_ACCESS_ERR,
      (wr) => ({ ...wr, opcode: abi.WR_RDMA_WRITE, remoteAddress: (1 << 20) - 7 }),
    ],
    [
      "a READ before the region",
      abi.WC_REM_ACCESS_ERR,
      (wr) => ({ ...wr, opcode: abi.WR_RDMA_READ, remoteAddress: b.data - 1 }),
    ],
    [
      "an atomic that is not aligned",
      abi.WC_REM_INV_REQ_ERR,
      (wr) => ({ ...wr, ...atomic, remoteAddress: b.data + 4 }),
    ],
  ];

  test.each(cases)("%s", (_, status, make) => {
    b.rq.post({ id: 8n });
    a.post({ id: 1n, ...make({ sges: [a.sge(0, 8)], ...remote() }) });
    a.post({ id: 2n, opcode: abi.WR_SEND });
    fabric.settle();
    expect(statuses(a)).toEqual([status, abi.WC_WR_FLUSH_ERR]);
    expect(b.recvCq.drain()).toMatchObject([{ id: 8n, status: abi.WC_WR_FLUSH_ERR }]);
    expect([stateOf(a), stateOf(b)]).toEqual([abi.QPS_ERR, abi.QPS_ERR]);
    const kind = status === abi.WC_REM_ACCESS_ERR ? "QP_ACCESS_ERR" : "QP_REQ_ERR";
    expect(b.adapter.events.async).toEqual([{ kind, qpn: b.qpn }]);
  });
});

describe("an access that the region does not allow is refused", () => {
  const { ACCESS_REMOTE_WRITE, ACCESS_REMOTE_READ, ACCESS_REMOTE_ATOMIC } = abi;
  test.each([
    [abi.WR_RDMA_WRITE, ACCESS_REMOTE_WRITE],
    [abi.WR_RDMA_READ, ACCESS_REMOTE_READ],
    [abi.WR_ATOMIC_CMP_AND_SWP, ACCESS_REMOTE_ATOMIC],
  ])("opcode %i without access flag %i", (opcode, flag) => {
    const closed = new Fabric({ crc32 });
    const [c, d] = connectedPair(closed, { access: ACCESS_ALL & ~flag });
    c.post({ id: 1n, opcode, sges: [c.sge(0, 8)], remoteAddress: d.data, rkey: d.region.rkey });
    closed.settle();
    expect(statuses(c)).toEqual([abi.WC_REM_ACCESS_ERR]);
  });

  test.each([
    [abi.WR_RDMA_WRITE, ACCESS_REMOTE_WRITE],
    [abi.WR_RDMA_READ, ACCESS_REMOTE_READ],
    [abi.WR_ATOMIC_CMP_AND_SWP, ACCESS_REMOTE_ATOMIC],
  ])("opcode %i where the queue pair lacks access flag %i", (opcode, flag) => {
    const closed = new Fabric({ crc32 });
    const [c, d] = connectedPair(closed, {}, { access: ACCESS_ALL & ~flag });
    c.post({ id: 1n, opcode, sges: [c.sge(0, 8)], remoteAddress: d.data, rkey: d.region.rkey });
    closed.settle();
    expect(statuses(c)).toEqual([abi.WC_REM_INV_REQ_ERR]);
  });
});

test("a zero-length WRITE and READ need no key", () => {
  for (const opcode of [abi.WR_RDMA_WRITE, abi.WR_RDMA_READ]) a.post({ id: 1n, opcode, rkey: 0 as RKey });
  fabric.settle();
  expect(statuses(a)).toEqual([0, 0]);
});

test("a message longer than the receive buffer is a length error there and an invalid request here", () => {
  b.rq.post({ id: 4n, sges: [b.sge(0, 2000)] });
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 2001)] });
  fabric.settle();
  expect(statuses(a)).toEqual([abi.WC_REM_INV_REQ_ERR]);
  expect(b.recvCq.drain()).toMatchObject([{ id: 4n, status: abi.WC_LOC_LEN_ERR }]);
  expect(b.adapter.hca.counters.resp_local_length_error).toBe(1);
});

test("a receive buffer with a wrong key is a protection error there and an operational error here", () => {
  b.rq.post({ id: 4n, sges: [{ ...b.sge(0, 100), lkey: 3 as LKey }] });
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 10)] });
  fabric.settle();
  expect(statuses(a)).toEqual([abi.WC_REM_OP_ERR]);
  expect(b.recvCq.drain()).toMatchObject([{ id: 4n, status: abi.WC_LOC_PROT_ERR }]);
});

test("a receive work request with more elements than it has room for fails with an operational error on both sides", () => {
  const at = b.rq.post({ id: 4n });
  b.memory.view.setUint32(at + abi.WQE_SGE_COUNT, 5, true);
  a.post({ id: 1n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(statuses(a)).toEqual([abi.WC_REM_OP_ERR]);
  expect(b.recvCq.drain()).toMatchObject([{ id: 4n, status: abi.WC_LOC_QP_OP_ERR }]);
});

test("inline data that runs past the work request is a length error", () => {
  const at = a.sq.post({ id: 1n, opcode: abi.WR_SEND, inline: Uint8Array.of(1) });
  a.memory.view.setUint32(at + abi.WQE_SGE_COUNT, 5000, true);
  a.adapter.hca.doorbell(a.qpn);
  fabric.settle();
  expect(statuses(a)).toEqual([abi.WC_LOC_LEN_ERR]);
});

test("a work request whose size changes after its first packets were sent fails when they are sent again", () => {
  b.rq.post({ id: 1n, sges: [b.sge(0, 10_000)] });
  const at = a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 3000)] });
  a.post({ id: 2n, opcode: abi.WR_SEND });
  fabric.filter = () => false;
  fabric.settle(1);
  a.memory.view.setUint32(at + abi.SEND_WQE_SGES + abi.SGE_LENGTH, 9000, true);
  fabric.filter = () => true;
  fabric.settle();
  expect(statuses(a)).toEqual([abi.WC_LOC_QP_OP_ERR, abi.WC_WR_FLUSH_ERR]);
  expect(b.recvCq.drain()).toEqual([]);
});

test("a READ into memory without local write access is a protection error when the answer comes", () => {
  const closed = new Fabric({ crc32 });
  const [c, d] = connectedPair(closed, { access: abi.ACCESS_REMOTE_READ });
  c.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [c.sge(0, 8)], remoteAddress: d.data, rkey: d.region.rkey });
  closed.settle();
  expect(statuses(c)).toEqual([abi.WC_LOC_PROT_ERR]);
  expect(d.adapter.hca.counters.rx_read_requests).toBe(1);
});

describe("a work request that cannot be sent fails in its turn", () => {
  const badKey = (wr: { readonly sges?: SendWr["sges"] }) => wr.sges?.map((sge) => ({ ...sge, lkey: 1 as LKey })) ?? [];
  const cases: readonly (readonly [string, number, () => Omit<SendWr, "id">])[] = [
    ["a wrong lkey", abi.WC_LOC_PROT_ERR, () => ({ opcode: abi.WR_SEND, sges: badKey({ sges: [a.sge(0, 9)] }) })],
    ["an element past its region", abi.WC_LOC_PROT_ERR, () => ({ opcode: abi.WR_SEND, sges: [a.sge(1 << 20, 1)] })],
    ["an opcode that there is not", abi.WC_LOC_QP_OP_ERR, () => ({ opcode: 77 })],
    ["an inline READ", abi.WC_LOC_QP_OP_ERR, () => ({ opcode: abi.WR_RDMA_READ, inline: Uint8Array.of(1) })],
    ["an atomic of four bytes", abi.WC_LOC_LEN_ERR, () => ({ opcode: abi.WR_ATOMIC_CMP_AND_SWP, sges: [a.sge(0, 4)] })],
  ];

  test.each(cases)("%s", (_, status, make) => {
    b.rq.post({ id: 1n });
    a.post({ id: 1n, opcode: abi.WR_SEND });
    a.post({ id: 2n, ...remote(), ...make() });
    a.post({ id: 3n, opcode: abi.WR_SEND });
    fabric.settle();
    expect(a.sendCq.drain().map((c) => [c.id, c.status])).toEqual([
      [1n, 0],
      [2n, status],
      [3n, abi.WC_WR_FLUSH_ERR],
    ]);
    expect(b.recvCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
  });
});

test("an error completes even an unsignaled work request", () => {
  const quiet = new Fabric({ crc32 });
  const [c] = connectedPair(quiet, { signalAll: false });
  c.post({ id: 1n, opcode: abi.WR_RDMA_WRITE, sges: [c.sge(0, 8)] });
  c.post({ id: 2n, opcode: abi.WR_SEND });
  quiet.settle();
  expect(statuses(c)).toEqual([abi.WC_REM_ACCESS_ERR, abi.WC_WR_FLUSH_ERR]);
});

test("what is posted in the error state is flushed when the doorbell rings", () => {
  a.adapter.hca.modifyQp(a.qpn, { state: abi.QPS_ERR }, 0);
  a.rq.post({ id: 1n });
  a.post({ id: 2n, opcode: abi.WR_RDMA_READ });
  expect(a.recvCq.drain()).toMatchObject([{ id: 1n, status: abi.WC_WR_FLUSH_ERR }]);
  expect(a.sendCq.drain()).toMatchObject([{ id: 2n, status: abi.WC_WR_FLUSH_ERR }]);
  expect([a.sq.used, a.rq.used]).toEqual([0, 0]);
});

test.each([
  ["READ", abi.WR_RDMA_READ, 0x0d],
  ["WRITE", abi.WR_RDMA_WRITE, 0x06],
])("a key opens nothing once its region is deregistered, even in the middle of a %s", (_, opcode, first) => {
  a.post({ id: 1n, opcode, sges: [a.sge(0, 100_000)], ...remote() });
  fabric.linkPackets = 4;
  fabric.filter = (packet) => {
    if (packet[0] === first) afterwards = () => b.adapter.hca.deregisterMemory(b.region.lkey);
    return true;
  };
  let afterwards = () => {};
  fabric.settle(0.025);
  afterwards();
  fabric.settle();
  expect(statuses(a)).toEqual([abi.WC_REM_ACCESS_ERR]);
});

test("a receive producer far beyond the ring fails both queue pairs", () => {
  b.memory.words[(b.rq.location.record + abi.QUEUE_PRODUCER) >> 2] = 1000;
  a.post({ id: 1n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(statuses(a)).toEqual([abi.WC_REM_OP_ERR]);
  expect(b.adapter.events.async).toEqual([{ kind: "QP_FATAL", qpn: b.qpn }]);
  expect(b.recvCq.drain()).toHaveLength(64);
});

test("a message cut off by deregistration at the sender fails there", () => {
  b.rq.post({ id: 1n, sges: [b.sge(0, 400_000)] });
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 400_000)] });
  fabric.filter = (packet) => {
    if (packet[0] === 0x00) a.adapter.hca.deregisterMemory(a.region.lkey);
    return true;
  };
  fabric.settle();
  expect(statuses(a)).toEqual([abi.WC_LOC_PROT_ERR]);
});

test("the responder executes no more fetches at once than max_dest_rd_atomic", () => {
  const { hca } = a.adapter;
  hca.modifyQp(a.qpn, { state: abi.QPS_SQD }, 0);
  hca.modifyQp(a.qpn, { state: abi.QPS_SQD, maxRdAtomic: 9 }, 0);
  hca.modifyQp(a.qpn, { state: abi.QPS_RTS }, 0);
  for (let i = 0; i < 9; i++) a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 8)], ...remote() });
  fabric.settle();
  expect(statuses(a)).toContain(abi.WC_REM_INV_REQ_ERR);
});
