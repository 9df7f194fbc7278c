import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { beforeEach, expect, test } from "vitest";
import { connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import { dropping, type Seen } from "./testing/packets.ts";

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;
let log: Seen[];

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric);
  log = [];
});

function send(length: number): void {
  a.bytes(0, length).forEach((_, i, bytes) => {
    bytes[i] = i * 13;
  });
  b.rq.post({ id: 1n, sges: [b.sge(0, length)] });
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, length)] });
}

const remote = () => ({ remoteAddress: b.data, rkey: b.region.rkey });

test("a lost packet in the middle is asked for by one NAK, and all is sent again from there", () => {
  fabric.filter = dropping(log, (p) => p.name === "RC SEND Middle");
  send(8000);
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS, byteLen: 8000 }]);
  expect(b.bytes(0, 8000)).toEqual(a.bytes(0, 8000));
  expect(a.adapter.hca.counters).toMatchObject({
    packet_seq_err: 1,
    local_ack_timeout_err: 0,
    retransmitted_packets: 7,
  });
  expect(b.adapter.hca.counters.out_of_sequence).toBe(6);
});

test("one NAK is sent however many packets come after the lost one", () => {
  fabric.linkPackets = 1;
  fabric.filter = dropping(log, (p) => p.name === "RC SEND Middle");
  send(30_000);
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ byteLen: 30_000 }]);
  expect(a.adapter.hca.counters).toMatchObject({ packet_seq_err: 1, local_ack_timeout_err: 0 });
});

test("an ACK that comes when its packets are about to be sent again stops that", () => {
  let ack = new Uint8Array();
  fabric.filter = (bytes, from) => {
    if (from === 2) ack = bytes.slice();
    return from !== 2;
  };
  for (let i = 0; i < 3; i++) send(10);
  fabric.settle(1);
  const { hca } = a.adapter;
  hca.tick(5);
  hca.receive(ack, 0, ack.length, b.adapter.lid, 5);
  fabric.filter = () => true;
  send(10);
  fabric.settle();
  expect(a.sendCq.drain().map((c) => c.status)).toEqual([0, 0, 0, 0]);
  expect(hca.counters).toMatchObject({ local_ack_timeout_err: 1, retransmitted_packets: 0 });
});

test("a link that takes nothing costs no retries", () => {
  send(4000);
  a.adapter.hca.run(fabric.now, 1);
  fabric.linkPackets = 0;
  fabric.settle(1000);
  expect(a.adapter.hca.counters.local_ack_timeout_err).toBe(0);
  fabric.linkPackets = Infinity;
  a.adapter.hca.transmitReady(b.adapter.lid);
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
});

test("a READ that is asked for again takes the place of what was still to be answered", () => {
  let request = new Uint8Array();
  fabric.filter = (bytes, from) => {
    if (from === 1) request = bytes.slice();
    return true;
  };
  a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 20_000)], ...remote() });
  a.adapter.hca.run(0, 1);
  const { hca } = b.adapter;
  hca.receive(request, 0, request.length, a.adapter.lid, 0);
  hca.run(0, 3);
  hca.receive(request, 0, request.length, a.adapter.lid, 0);
  hca.run(0, 100);
  expect(hca.counters.port_xmit_packets).toBe(3 + 20);
});

test("a lost last packet is sent again after the timeout", () => {
  fabric.filter = dropping(log, (p) => p.name === "RC SEND Last");
  send(3000);
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ byteLen: 3000 }]);
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
  expect(a.adapter.hca.counters).toMatchObject({ local_ack_timeout_err: 1, packet_seq_err: 0 });
});

test("a lost ACK makes a duplicate, which is acknowledged again and not received again", () => {
  fabric.filter = dropping(log, (p) => p.name === "RC Acknowledge");
  send(10);
  fabric.settle();
  expect(b.recvCq.drain()).toHaveLength(1);
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
  expect(b.adapter.hca.counters.duplicate_request).toBe(1);
});

test("a lost READ response is asked for again from the first packet that is missing", () => {
  fabric.filter = dropping(log, (p) => p.name === "RC RDMA READ Response Middle");
  b.bytes(0, 6000).fill(7);
  a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 6000)], ...remote() });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS, byteLen: 6000 }]);
  expect(a.bytes(0, 6000)).toEqual(b.bytes(0, 6000));
  const requests = log.filter((p) => p.name === "RC RDMA READ Request").map((p) => p.psn);
  expect(requests).toEqual([0xfffff0, 0xfffff1]);
  expect(a.adapter.hca.counters.implied_nak_seq_err).toBe(1);
});

test("the response of a later request implies that the READ before it was lost", () => {
  fabric.filter = dropping(log, (p) => p.name === "RC RDMA READ Response Only");
  a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 8)], ...remote() });
  a.post({ id: 2n, opcode: abi.WR_RDMA_WRITE, sges: [a.sge(8, 8)], ...remote() });
  fabric.settle();
  expect(a.sendCq.drain().map((c) => c.id)).toEqual([1n, 2n]);
  expect(a.adapter.hca.counters).toMatchObject({ implied_nak_seq_err: 1, local_ack_timeout_err: 0 });
});

test("a ghost of a READ that has no key any more is dropped, and harms no one", () => {
  let request = new Uint8Array();
  fabric.filter = (bytes, from) => {
    if (from === 1) request = bytes.slice();
    return true;
  };
  a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 8)], ...remote() });
  fabric.settle();
  const { hca } = b.adapter;
  hca.deregisterMemory(b.region.lkey);
  hca.receive(request, 0, request.length, a.adapter.lid, fabric.now);
  fabric.settle();
  expect(hca.queryQp(b.qpn).state).toBe(abi.QPS_RTS);
  expect(hca.counters).toMatchObject({ duplicate_request: 1, port_xmit_packets: 1 });
});

test("a READ response acknowledges the work requests before it", () => {
  fabric.filter = dropping(log, (p) => p.name === "RC Acknowledge", 99);
  b.rq.post({ id: 1n });
  a.post({ id: 1n, opcode: abi.WR_SEND });
  a.post({ id: 2n, opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 8)], ...remote() });
  fabric.settle();
  expect(a.sendCq.drain().map((c) => [c.id, c.status])).toEqual([
    [1n, 0],
    [2n, 0],
  ]);
});

test("an atomic whose answer was lost is answered from the record, not executed again", () => {
  fabric.filter = dropping(log, (p) => p.name === "RC ATOMIC Acknowledge");
  for (let i = 0; i < 3; i++) {
    a.post({
      id: BigInt(i),
      opcode: abi.WR_ATOMIC_FETCH_AND_ADD,
      sges: [a.sge(8 * i, 8)],
      compareAdd: 1n,
      ...remote(),
    });
  }
  fabric.settle();
  expect(a.sendCq.drain().map((c) => c.status)).toEqual([0, 0, 0]);
  expect([0, 8, 16].map((at) => a.memory.view.getBigUint64(a.data + at, true))).toEqual([0n, 1n, 2n]);
  expect(b.memory.view.getBigUint64(b.data, true)).toBe(3n);
  expect(b.adapter.hca.counters.duplicate_request).toBeGreaterThan(0);
});

test("a corrupted packet is dropped by its ICRC and sent again", () => {
  let once = true;
  fabric.filter = (bytes) => {
    if (once) bytes[bytes.length - 6] = (bytes[bytes.length - 6] as number) ^ 1;
    once = false;
    return true;
  };
  send(100);
  fabric.settle();
  expect(b.bytes(0, 100)).toEqual(a.bytes(0, 100));
  expect(b.adapter.hca.counters.rx_icrc_encapsulated).toBe(1);
});

test("a peer that never answers fails the oldest work request after all retries, and the rest is flushed", () => {
  fabric.filter = dropping(log, () => true, Infinity);
  a.rq.post({ id: 9n });
  send(10);
  a.post({ id: 2n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(a.sendCq.drain().map((c) => [c.id, c.status])).toEqual([
    [1n, abi.WC_RETRY_EXC_ERR],
    [2n, abi.WC_WR_FLUSH_ERR],
  ]);
  expect(a.recvCq.drain().map((c) => [c.id, c.status])).toEqual([[9n, abi.WC_WR_FLUSH_ERR]]);
  expect(log.filter((p) => p.psn === 0xfffff0)).toHaveLength(8);
  expect(a.adapter.hca.queryQp(a.qpn).state).toBe(abi.QPS_ERR);
});

test("timeout 0 waits for ever", () => {
  const patient = new Fabric({ crc32 });
  const [c, d] = connectedPair(patient, {}, { timeout: 0 });
  patient.filter = dropping(log, () => true);
  d.rq.post({ id: 1n });
  c.post({ id: 1n, opcode: abi.WR_SEND });
  patient.settle();
  expect(c.adapter.hca.deadline()).toBe(null);
  expect(c.sendCq.drain()).toEqual([]);
});

test("progress gives all retries back", () => {
  fabric.filter = dropping(log, (p) => p.name === "RC SEND Only", 6);
  send(10);
  fabric.settle();
  fabric.filter = dropping(log, (p) => p.name === "RC SEND Only", 6);
  send(10);
  fabric.settle();
  expect(a.sendCq.drain().map((c) => c.status)).toEqual([0, 0]);
});

test("a receiver that is not ready is waited for as long as its timer says, then served", () => {
  a.post({ id: 1n, opcode: abi.WR_SEND, inline: Uint8Array.of(5) });
  fabric.settle(0.5);
  expect(a.sendCq.drain()).toEqual([]);
  expect(a.adapter.hca.deadline()).toBeCloseTo(0.02 + 0.64, 5);
  b.rq.post({ id: 1n, sges: [b.sge(0, 1)] });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
  expect(a.adapter.hca.counters.rnr_nak_retry_err).toBe(1);
  expect(b.adapter.hca.counters.out_of_buffer).toBe(1);
});

test("rnr_retry 7 asks for ever, and a smaller one fails the work request", () => {
  a.post({ id: 1n, opcode: abi.WR_SEND });
  fabric.settle(100);
  expect(a.adapter.hca.counters.rnr_nak_retry_err).toBeGreaterThan(100);
  expect(a.sendCq.drain()).toEqual([]);

  const short = new Fabric({ crc32 });
  const [c] = connectedPair(short, {}, { rnrRetry: 2 });
  c.post({ id: 1n, opcode: abi.WR_SEND });
  short.settle();
  expect(c.sendCq.drain()).toMatchObject([{ status: abi.WC_RNR_RETRY_EXC_ERR }]);
  expect(c.adapter.hca.counters.rnr_nak_retry_err).toBe(3);
});

test("each message has all RNR retries for itself", () => {
  const short = new Fabric({ crc32 });
  const [c, d] = connectedPair(short, {}, { rnrRetry: 2 });
  for (let i = 0; i < 3; i++) {
    c.post({ id: 1n, opcode: abi.WR_SEND });
    short.settle(1);
    d.rq.post({ id: 1n });
    short.settle();
  }
  expect(c.adapter.hca.counters.rnr_nak_retry_err).toBe(6);
  expect(c.sendCq.drain().map((x) => x.status)).toEqual([0, 0, 0]);
});

test("a WRITE with immediate data to a receiver that is not ready writes, and only its last packet is sent again", () => {
  fabric.filter = dropping(log, () => false);
  a.post({ id: 1n, opcode: abi.WR_RDMA_WRITE_WITH_IMM, sges: [a.sge(0, 3000)], ...remote() });
  fabric.settle(0.3);
  b.rq.post({ id: 1n });
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ byteLen: 3000 }]);
  expect(log.filter((p) => p.name === "RC RDMA WRITE First")).toHaveLength(1);
});

test("the window holds a long message back until it is acknowledged", () => {
  const narrow = new Fabric({ crc32, outstandingPacketsMax: 4 });
  const [c, d] = connectedPair(narrow);
  d.rq.post({ id: 1n, sges: [d.sge(0, 100_000)] });
  c.post({ id: 1n, opcode: abi.WR_SEND, sges: [c.sge(0, 100_000)] });
  c.adapter.hca.run(0, 1000);
  expect(c.adapter.hca.counters.port_xmit_packets).toBe(4);
  narrow.settle();
  expect(c.adapter.hca.counters.local_ack_timeout_err).toBe(0);
  expect(d.recvCq.drain()).toMatchObject([{ byteLen: 100_000 }]);
});
