import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { beforeEach, expect, test } from "vitest";
import { connect, connectedPair, Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric);
});

function fill(endpoint: Endpoint, offset: number, length: number, salt: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + salt) & 0xff);
  endpoint.bytes(offset, length).set(bytes);
  return bytes;
}

const sizes = [0, 1, 3, 4, 63, 64, 65, 1023, 1024, 1025, 2048, 10_000, 300_000];

test.each(sizes)("a SEND of %i bytes arrives whole and completes on both sides", (length) => {
  const sent = fill(a, 0, length, 3);
  b.rq.post({ id: 5n, sges: [b.sge(0, length)] });
  a.post({ id: 6n, opcode: abi.WR_SEND, sges: [a.sge(0, length)] });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ id: 6n, status: abi.WC_SUCCESS, opcode: abi.WC_SEND, qpNum: 1234 }]);
  const received = {
    id: 5n,
    status: abi.WC_SUCCESS,
    opcode: abi.WC_RECV,
    byteLen: length,
    immediate: null,
    qpNum: 1234,
  };
  expect(b.recvCq.drain()).toMatchObject([{ ...received, invalidated: null, grh: false }]);
  expect(b.bytes(0, length)).toEqual(sent);
});

test.each(sizes)("an RDMA WRITE of %i bytes lands at the peer, who sees no completion", (length) => {
  const sent = fill(a, 0, length, 4);
  const remote = { remoteAddress: b.data + 5, rkey: b.region.rkey };
  a.post({ id: 1n, opcode: abi.WR_RDMA_WRITE, sges: [a.sge(0, length)], ...remote });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ id: 1n, status: abi.WC_SUCCESS, opcode: abi.WC_RDMA_WRITE }]);
  expect(b.recvCq.drain()).toEqual([]);
  expect(b.bytes(5, length)).toEqual(sent);
});

test.each(sizes)("an RDMA READ fetches %i bytes", (length) => {
  const there = fill(b, 9, length, 5);
  const remote = { remoteAddress: b.data + 9, rkey: b.region.rkey };
  a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(1, length)], ...remote });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS, opcode: abi.WC_RDMA_READ, byteLen: length }]);
  expect(a.bytes(1, length)).toEqual(there);
});

test.each([0, 1500])("a SEND of %i bytes with immediate data brings it along", (length) => {
  b.rq.post({ id: 1n, sges: [b.sge(0, 2000)] });
  a.post({ id: 2n, opcode: abi.WR_SEND_WITH_IMM, immediate: 0xfedcba98, sges: [a.sge(0, length)] });
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ opcode: abi.WC_RECV, byteLen: length, immediate: 0xfedcba98 }]);
});

test.each([0, 1500])("an RDMA WRITE of %i bytes with immediate data takes a receive work request", (length) => {
  const sent = fill(a, 0, length, 1);
  b.rq.post({ id: 1n });
  const remote = { remoteAddress: b.data, rkey: b.region.rkey };
  a.post({ id: 2n, opcode: abi.WR_RDMA_WRITE_WITH_IMM, immediate: 7, sges: [a.sge(0, length)], ...remote });
  fabric.settle();
  const expected = { id: 1n, opcode: abi.WC_RECV_RDMA_WITH_IMM, byteLen: length, immediate: 7 };
  expect(b.recvCq.drain()).toMatchObject([expected]);
  expect(b.bytes(0, length)).toEqual(sent);
});

test("scattered data is gathered in order, and scattered again over other pieces", () => {
  const sent = fill(a, 0, 6000, 8);
  b.rq.post({ id: 1n, sges: [b.sge(0, 1), b.sge(100, 0), b.sge(1, 2999), b.sge(3000, 4000)] });
  a.post({ id: 2n, opcode: abi.WR_SEND, sges: [a.sge(0, 4095), a.sge(4095, 5), a.sge(0, 0), a.sge(4100, 1900)] });
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ byteLen: 6000 }]);
  expect(b.bytes(0, 6000)).toEqual(sent);
});

test("inline data needs no memory region", () => {
  b.rq.post({ id: 1n, sges: [b.sge(0, 100)] });
  a.post({ id: 2n, opcode: abi.WR_SEND, inline: Uint8Array.of(9, 8, 7) });
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ byteLen: 3 }]);
  expect([...b.bytes(0, 3)]).toEqual([9, 8, 7]);
});

test("compare-and-swap exchanges only an equal value, and always fetches the old one", () => {
  b.memory.view.setBigUint64(b.data, 2n ** 63n + 5n, true);
  const target = { opcode: abi.WR_ATOMIC_CMP_AND_SWP, remoteAddress: b.data, rkey: b.region.rkey };
  a.post({ id: 1n, ...target, sges: [a.sge(0, 8)], compareAdd: 1n, swap: 2n });
  a.post({ id: 2n, ...target, sges: [a.sge(8, 8)], compareAdd: 2n ** 63n + 5n, swap: 77n });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ opcode: abi.WC_COMP_SWAP, status: 0, byteLen: 8 }, { status: 0 }]);
  expect(a.memory.view.getBigUint64(a.data, true)).toBe(2n ** 63n + 5n);
  expect(a.memory.view.getBigUint64(a.data + 8, true)).toBe(2n ** 63n + 5n);
  expect(b.memory.view.getBigUint64(b.data, true)).toBe(77n);
});

test("fetch-and-add adds modulo 2^64, and its result may be scattered", () => {
  b.memory.view.setBigUint64(b.data, 2n ** 64n - 1n, true);
  const remote = { remoteAddress: b.data, rkey: b.region.rkey };
  a.post({ id: 1n, opcode: abi.WR_ATOMIC_FETCH_AND_ADD, ...remote, sges: [a.sge(0, 3), a.sge(3, 5)], compareAdd: 3n });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ opcode: abi.WC_FETCH_ADD, status: abi.WC_SUCCESS }]);
  expect(a.memory.view.getBigUint64(a.data, true)).toBe(2n ** 64n - 1n);
  expect(b.memory.view.getBigUint64(b.data, true)).toBe(2n);
});

test("both directions run at once, and the rings wrap many times", () => {
  for (let round = 0; round < 40; round++) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (let i = 0; i < 8; i++) {
        to.rq.post({ id: BigInt(i), sges: [to.sge(i * 4096, 4096)] });
        from.post({ id: BigInt(i), opcode: abi.WR_SEND, sges: [from.sge(100_000, 500 * i)] });
      }
    }
    fabric.settle();
    for (const endpoint of [a, b]) {
      expect(endpoint.recvCq.drain().map((c) => c.byteLen)).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => 500 * i));
      expect(endpoint.sendCq.drain().map((c) => c.id)).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n]);
    }
  }
});

test("a fenced work request waits for the READ before it", () => {
  fill(b, 0, 8, 1);
  const remote = { remoteAddress: b.data, rkey: b.region.rkey };
  a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 8)], ...remote });
  const write = { opcode: abi.WR_RDMA_WRITE, remoteAddress: b.data + 100, rkey: b.region.rkey };
  a.post({ id: 2n, ...write, flags: abi.SEND_FENCE, sges: [a.sge(0, 8)] });
  fabric.settle();
  expect(a.sendCq.drain().map((c) => c.id)).toEqual([1n, 2n]);
  expect(b.bytes(100, 8)).toEqual(b.bytes(0, 8));
});

test("no more READs and atomics are outstanding than max_rd_atomic", () => {
  const remote = { remoteAddress: b.data, rkey: b.region.rkey };
  for (let i = 0; i < 10; i++) a.post({ id: BigInt(i), opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 8)], ...remote });
  let requests = 0;
  fabric.filter = (packet, from) => {
    requests += from === 1 && packet[0] === 0x0c ? 1 : 0;
    return true;
  };
  a.adapter.hca.run(fabric.now, 100);
  expect(requests).toBe(4);
  fabric.settle();
  expect(a.sendCq.drain()).toHaveLength(10);
});

test("unsignaled work requests complete silently, and free their slots", () => {
  const quiet = new Fabric({ crc32 });
  const [c, d] = connectedPair(quiet, { signalAll: false });
  for (let i = 0; i < 3; i++) {
    d.rq.post({ id: 0n });
    c.post({ id: BigInt(i), opcode: abi.WR_SEND, flags: i === 1 ? abi.SEND_SIGNALED : 0 });
  }
  quiet.settle();
  expect(c.sendCq.drain().map((x) => x.id)).toEqual([1n]);
  expect(c.sq.used).toBe(0);
});

test("two queue pairs of one adapter talk to each other through its own port", () => {
  const one = new Fabric({ crc32 });
  const adapter = one.add(1);
  const c = new Endpoint(adapter);
  const d = new Endpoint(adapter);
  connect(c, d);
  d.rq.post({ id: 1n, sges: [d.sge(0, 3000)] });
  const sent = fill(c, 0, 3000, 2);
  c.post({ id: 2n, opcode: abi.WR_SEND, sges: [c.sge(0, 3000)] });
  one.settle();
  expect(c.sendCq.drain()).toMatchObject([{ id: 2n, status: abi.WC_SUCCESS }]);
  expect(d.bytes(0, 3000)).toEqual(sent);
});

test("without ICRC the field is zero and data arrives all the same", () => {
  const plain = new Fabric({ crc32, icrc: false });
  const [c, d] = connectedPair(plain);
  const trailers: number[] = [];
  plain.filter = (packet) => {
    trailers.push(...packet.subarray(packet.length - 4));
    return true;
  };
  d.rq.post({ id: 1n, sges: [d.sge(0, 5)] });
  c.post({ id: 1n, opcode: abi.WR_SEND, sges: [c.sge(0, 5)] });
  plain.settle();
  expect(d.recvCq.drain()).toMatchObject([{ byteLen: 5 }]);
  expect(new Set(trailers)).toEqual(new Set([0]));
});

test("a slow link holds packets back without losing any, and other work goes on", () => {
  const slow = new Fabric({ crc32, linkPackets: 2 });
  const [c, d] = connectedPair(slow);
  const there = fill(d, 0, 200_000, 3);
  c.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [c.sge(0, 200_000)], remoteAddress: d.data, rkey: d.region.rkey });
  slow.settle();
  expect(c.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
  expect(c.bytes(0, 200_000)).toEqual(there);
  expect(c.adapter.hca.counters.local_ack_timeout_err).toBe(0);
});

test("one ACK answers many messages", () => {
  for (let i = 0; i < 32; i++) {
    b.rq.post({ id: 0n });
    a.post({ id: BigInt(i), opcode: abi.WR_SEND });
  }
  fabric.settle();
  expect(a.sendCq.drain()).toHaveLength(32);
  expect(b.adapter.hca.counters.port_xmit_packets).toBeLessThan(8);
});
