import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { LKey, RKey } from "@nomad/base";
import { beforeEach, describe, expect, test } from "vitest";
import type { SendWr } from "./queues/index.ts";
import { ACCESS_ALL, type Endpoint, unreliablePair } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import { dropping } from "./testing/packets.ts";

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = unreliablePair(fabric);
});

const remote = () => ({ remoteAddress: b.data, rkey: b.region.rkey });
const statuses = () => a.sendCq.drain().map((c) => c.status);
const fill = (length: number, salt: number) => a.bytes(0, length).fill(salt);

test.each([0, 1, 1024, 5000])("a SEND of %i bytes arrives, and nothing is sent back", (length) => {
  fill(length, 7);
  b.rq.post({ id: 2n, sges: [b.sge(0, 5000)] });
  a.post({ id: 1n, opcode: abi.WR_SEND_WITH_IMM, immediate: 9, sges: [a.sge(0, length)] });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ id: 1n, status: 0, opcode: abi.WC_SEND, byteLen: length }]);
  expect(b.recvCq.drain()).toMatchObject([{ id: 2n, status: 0, byteLen: length, immediate: 9 }]);
  expect(b.bytes(0, length)).toEqual(a.bytes(0, length));
  expect(b.adapter.hca.counters.port_xmit_packets).toBe(0);
});

test.each([0, 5000])("an RDMA WRITE of %i bytes with immediate data takes a receive work request", (length) => {
  fill(length, 3);
  b.rq.post({ id: 2n });
  a.post({ id: 1n, opcode: abi.WR_RDMA_WRITE_WITH_IMM, immediate: 4, sges: [a.sge(0, length)], ...remote() });
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ opcode: abi.WC_RECV_RDMA_WITH_IMM, byteLen: length, immediate: 4 }]);
  expect(b.bytes(0, length)).toEqual(a.bytes(0, length));
});

test("a plain RDMA WRITE completes only where it was posted", () => {
  fill(3000, 8);
  a.post({ id: 1n, opcode: abi.WR_RDMA_WRITE, sges: [a.sge(0, 3000)], ...remote() });
  fabric.settle();
  expect([statuses(), b.recvCq.drain()]).toEqual([[0], []]);
  expect(b.bytes(0, 3000)).toEqual(a.bytes(0, 3000));
});

describe("a message of which the given packet is lost vanishes, and the next arrives", () => {
  test.each(["First", "Middle", "Last", "Only"])("%s", (part) => {
    b.rq.post({ id: 1n, sges: [b.sge(0, 5000)] });
    b.rq.post({ id: 2n, sges: [b.sge(5000, 5000)] });
    fabric.filter = dropping([], ({ name }) => name.endsWith(part));
    a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, part === "Only" ? 10 : 4000)] });
    a.post({ id: 2n, opcode: abi.WR_SEND, sges: [a.sge(0, 2000)] });
    fabric.settle();
    expect(statuses()).toEqual([0, 0]);
    expect(b.recvCq.drain()).toMatchObject([{ id: 1n, byteLen: 2000 }]);
    expect(b.rq.used).toBe(1);
  });
});

test("of an RDMA WRITE that loses its last packet no completion tells", () => {
  b.rq.post({ id: 1n });
  fabric.filter = dropping([], ({ name }) => name.includes("Last"));
  a.post({ id: 1n, opcode: abi.WR_RDMA_WRITE_WITH_IMM, sges: [a.sge(0, 3000)], ...remote() });
  fabric.settle();
  expect([statuses(), b.recvCq.drain(), b.rq.used]).toEqual([[0], [], 1]);
});

describe("a message is dropped without a word, and the connection goes on, when", () => {
  const goesOn = () => {
    fabric.settle();
    expect(statuses()).toEqual([0]);
    expect(b.recvCq.drain()).toEqual([]);
    expect(b.adapter.events.async).toEqual([]);
    b.rq.post({ id: 9n, sges: [b.sge(0, 100)] });
    a.post({ id: 2n, opcode: abi.WR_SEND });
    fabric.settle();
    expect(b.recvCq.drain()).toHaveLength(1);
  };

  test("no receive work request is posted", () => {
    a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 3000)] });
    goesOn();
    expect(b.adapter.hca.counters.out_of_buffer).toBe(1);
  });

  test("it is longer than its buffer", () => {
    b.rq.post({ id: 9n, sges: [b.sge(0, 2000)] });
    a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 3000)] });
    goesOn();
    expect(b.adapter.hca.counters.resp_local_length_error).toBe(1);
  });

  test("its rkey opens nothing", () => {
    a.post({ id: 1n, opcode: abi.WR_RDMA_WRITE, sges: [a.sge(0, 10)], ...remote(), rkey: 5 as RKey });
    goesOn();
    expect(b.adapter.hca.counters.resp_remote_access_errors).toBe(1);
  });
});

test("a queue pair that does not allow remote writes drops them", () => {
  const closed = new Fabric({ crc32 });
  const [c, d] = unreliablePair(closed, {}, { access: ACCESS_ALL & ~abi.ACCESS_REMOTE_WRITE });
  c.bytes(0, 8).fill(1);
  c.post({ id: 1n, opcode: abi.WR_RDMA_WRITE, sges: [c.sge(0, 8)], remoteAddress: d.data, rkey: d.region.rkey });
  closed.settle();
  expect([c.sendCq.drain()[0]?.status, d.bytes(0, 1)[0]]).toEqual([0, 0]);
});

describe("a send fails, and the send queue with it, for", () => {
  const cases: readonly (readonly [string, number, Omit<SendWr, "id">])[] = [
    ["an RDMA READ", abi.WC_LOC_QP_OP_ERR, { opcode: abi.WR_RDMA_READ }],
    ["an atomic", abi.WC_LOC_QP_OP_ERR, { opcode: abi.WR_ATOMIC_CMP_AND_SWP }],
    ["a SEND with invalidate", abi.WC_LOC_QP_OP_ERR, { opcode: abi.WR_SEND_WITH_INV }],
    ["a wrong lkey", abi.WC_LOC_PROT_ERR, { opcode: abi.WR_SEND, sges: [{ address: 0, length: 1, lkey: 1 as LKey }] }],
  ];
  test.each(cases)("%s", (_, status, wr) => {
    a.post({ id: 1n, ...wr });
    a.post({ id: 2n, opcode: abi.WR_SEND });
    fabric.settle();
    expect(statuses()).toEqual([status, abi.WC_WR_FLUSH_ERR]);
    expect(a.adapter.hca.queryQp(a.qpn).state).toBe(abi.QPS_SQE);
  });
});

test("a message cut off by deregistration at the sender fails there, and its part at the receiver is dropped", () => {
  b.rq.post({ id: 1n, sges: [b.sge(0, 9000)] });
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 9000)] });
  a.adapter.hca.run(fabric.now, 3);
  a.adapter.hca.deregisterMemory(a.region.lkey);
  fabric.settle();
  expect(statuses()).toEqual([abi.WC_LOC_PROT_ERR]);
  expect([b.recvCq.drain(), b.rq.used]).toEqual([[], 1]);
});

test("a receive buffer with a wrong key fails the receiver, not the sender", () => {
  b.rq.post({ id: 1n, sges: [{ ...b.sge(0, 100), lkey: 3 as LKey }] });
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 10)] });
  fabric.settle();
  expect(statuses()).toEqual([0]);
  expect(b.recvCq.drain()).toMatchObject([{ status: abi.WC_LOC_PROT_ERR }]);
  expect(b.adapter.hca.queryQp(b.qpn).state).toBe(abi.QPS_ERR);
});

test("a gated unreliable connection ends its message, starts no other, and can be made again elsewhere", () => {
  for (let i = 0; i < 2; i++) b.rq.post({ id: 1n, sges: [b.sge(0, 9000)] });
  const { hca } = a.adapter;
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 9000)] });
  a.post({ id: 2n, opcode: abi.WR_SEND, sges: [a.sge(0, 5)] });
  hca.run(fabric.now, 3);
  hca.gate(a.qpn, "move", fabric.now);
  expect(hca.drained("move")).toBe(false);
  fabric.settle();
  expect([hca.drained("move"), statuses()]).toEqual([true, [0]]);
  hca.freeze(a.qpn);
  const snapshot = hca.snapshot(a.qpn);
  hca.destroyQp(a.qpn);
  a.qpn = hca.restore(a.qpInit, snapshot);
  hca.thaw(a.qpn);
  a.adapter.hca.doorbell(a.qpn);
  fabric.settle();
  expect(statuses()).toEqual([0]);
  expect(b.recvCq.drain().map((c) => c.byteLen)).toEqual([9000, 5]);
  expect(hca.queryQp(a.qpn).type).toBe(abi.QPT_UC);
});

test("the first packet at a queue pair in RTR is told as communication established", () => {
  const { hca } = b.adapter;
  const { destQpn, dlid, pathMtu, rqPsn } = hca.queryQp(b.qpn);
  hca.modifyQp(b.qpn, { state: abi.QPS_RESET }, 0);
  hca.modifyQp(b.qpn, { state: abi.QPS_INIT, access: 0 }, 0);
  hca.modifyQp(b.qpn, { state: abi.QPS_RTR, destQpn, dlid, pathMtu, rqPsn }, 0);
  for (let i = 0; i < 2; i++) a.post({ id: 1n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(b.adapter.events.async).toEqual([{ kind: "COMM_EST", qpn: b.qpn }]);
});
