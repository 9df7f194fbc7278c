import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { type Psn, plant } from "@nomad/base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bringUp, connect, connectedPair, Endpoint, type EndpointOptions, unreliablePair } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import { cutAndAbort, moveWithCut } from "./testing/move.ts";
import { dropping } from "./testing/packets.ts";
import { assertPattern, fillPattern } from "./testing/traffic.ts";
import { nextKey } from "./testing/windows.ts";
import type { QpAttributes } from "./types.ts";

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => start());

function start(options: EndpointOptions = {}, attributes: QpAttributes = {}): void {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric, options, attributes);
}

const ids = (endpoint: Endpoint) => endpoint.sendCq.drain().map((c) => [c.id, c.status]);
const receive = (id: bigint) => b.rq.post({ id, sges: [b.sge(0, 50_000)] });
const send = (id: bigint, length = 5, flags = 0) =>
  a.post({ id, opcode: abi.WR_SEND, flags, sges: [a.sge(0, length)] });
const moveA = () => moveWithCut(fabric, a, b, fabric.add(3));
const moveB = () => moveWithCut(fabric, b, a, fabric.add(3));

/** Nothing passes for a while. */
function silence(): void {
  fabric.filter = () => false;
  fabric.settle(1);
}

function goOn(): void {
  fabric.filter = () => true;
  fabric.settle();
}

const fetchAdd = (id: bigint) => ({
  id,
  opcode: abi.WR_ATOMIC_FETCH_AND_ADD,
  compareAdd: 1n,
  sges: [a.sge(8 * Number(id), 8)],
  remoteAddress: b.data,
  rkey: b.region.rkey,
});

test.each([["its sender", moveA] as const, ["its receiver", moveB] as const])(
  "a SEND whose receiver is never ready is delivered once it is, after %s has moved",
  (_, move) => {
    send(1n);
    fabric.settle(5);
    move();
    fabric.settle(5);
    receive(9n);
    fabric.settle();
    expect(ids(a)).toEqual([[1n, 0]]);
    expect(b.recvCq.drain()).toMatchObject([{ id: 9n, byteLen: 5 }]);
  },
);

test("unsignaled work that the peer has executed is silently done, and what is signaled completes in its turn", () => {
  start({ signalAll: false });
  for (const id of [1n, 2n, 3n, 4n]) receive(id);
  fabric.filter = (_, from) => from === 1;
  send(1n);
  send(2n, 5, abi.SEND_SIGNALED);
  send(3n);
  send(4n, 5, abi.SEND_SIGNALED);
  fabric.settle(1);
  moveA();
  expect(ids(a)).toEqual([
    [2n, 0],
    [4n, 0],
  ]);
  goOn();
  expect(b.recvCq.drain()).toHaveLength(4);
  expect(ids(a)).toEqual([]);
});

test("a receive work request taken from a shared queue stays with its message, though its entry holds another by then", () => {
  start({ shared: true, entries: 1 });
  fillPattern(a.bytes(0, 4000), 5);
  b.rq.post({ id: 7n, sges: [b.sge(60_000, 4000)] });
  fabric.filter = dropping([], (p) => p.name === "RC SEND Last", Infinity);
  send(1n, 4000);
  fabric.settle(0.5);
  b.rq.post({ id: 8n, sges: [b.sge(70_000, 4000)] });
  moveB();
  goOn();
  expect(b.recvCq.drain()).toMatchObject([{ id: 7n, byteLen: 4000 }]);
  assertPattern(b.bytes(60_000, 4000), 5);
});

test("what the owner keeps behind the elements of a taken receive work request is in the snapshot", () => {
  start({ shared: true, maxSge: 2 });
  const at = b.rq.post({ id: 1n << 40n, sges: [b.sge(0, 10), b.sge(100, 4000)] });
  const names = at + abi.RECV_WQE_SGES + 2 * abi.SGE_BYTES;
  for (const i of [0, 1]) b.memory.view.setUint32(names + 4 * i, 0xabc0 + i, true);
  fabric.filter = dropping([], (p) => p.name === "RC SEND Last", Infinity);
  send(1n, 4000);
  fabric.settle(0.5);
  b.adapter.hca.freeze(b.qpn);
  const { taken } = b.adapter.hca.snapshot(b.qpn);
  expect(taken).toEqual({
    id: 1n << 40n,
    elements: [
      { address: b.data, length: 10, lkey: b.region.lkey, name: 0xabc0 },
      { address: b.data + 100, length: 4000, lkey: b.region.lkey, name: 0xabc1 },
    ],
  });
});

test("both ends of an aborted move go on at once, though no timer would send again what was dropped", () => {
  start({}, { timeout: 0 });
  for (const id of [1n, 2n]) receive(id);
  send(1n, 9000);
  send(2n, 9000);
  fabric.settle(0.05);
  cutAndAbort(fabric, a, b, () => fabric.settle(1));
  fabric.settle();
  expect(ids(a)).toEqual([
    [1n, 0],
    [2n, 0],
  ]);
  expect(b.recvCq.drain()).toHaveLength(2);
});

test("a queue pair that moves while its receiver makes it wait goes on after an abort", () => {
  start({}, { minRnrTimer: 1 });
  send(1n);
  fabric.settle(0.1);
  cutAndAbort(fabric, a, b, () => receive(1n));
  fabric.settle();
  expect(ids(a)).toEqual([[1n, 0]]);
});

describe("a connection of which only one end is connected", () => {
  beforeEach(() => {
    fabric = new Fabric({ crc32 });
    a = new Endpoint(fabric.add(1));
    b = new Endpoint(fabric.add(2));
    bringUp(a, b, 100, 0xfffff0);
    receive(1n);
    send(1n, 3000);
    fabric.settle(1);
  });

  test.each([["a", moveA] as const, ["b", moveB] as const])("keeps its PSNs when %s moves", (_, move) => {
    b.adapter.hca.modifyQp(b.qpn, { state: abi.QPS_INIT, access: 0 }, 0);
    fabric.settle(1);
    move();
    const attributes = { pathMtu: abi.MTU_1024, maxDestRdAtomic: 4, minRnrTimer: 12, remoteEpoch: 3 };
    const address = { dlid: a.adapter.lid, destQpn: a.qpn, rqPsn: 0xfffff0 as Psn };
    b.adapter.hca.modifyQp(b.qpn, { state: abi.QPS_RTR, ...address, ...attributes }, 0);
    fabric.settle();
    expect(ids(a)).toEqual([[1n, 0]]);
    expect(b.recvCq.drain()).toMatchObject([{ byteLen: 3000 }]);
  });
});

test("in RTR a queue pair that moves takes what was sent to it, and later sends from the PSN agreed", () => {
  fabric = new Fabric({ crc32 });
  a = new Endpoint(fabric.add(1));
  b = new Endpoint(fabric.add(2));
  bringUp(a, b, 100, 0xfffff0);
  const { hca } = b.adapter;
  hca.modifyQp(b.qpn, { state: abi.QPS_INIT, access: 0 }, 0);
  const attributes = { pathMtu: abi.MTU_1024, maxDestRdAtomic: 4, minRnrTimer: 12, remoteEpoch: 3 };
  const address = { dlid: a.adapter.lid, destQpn: a.qpn, rqPsn: 0xfffff0 as Psn };
  hca.modifyQp(b.qpn, { state: abi.QPS_RTR, ...address, ...attributes }, 0);
  receive(1n);
  fabric.filter = dropping([], (p) => p.name === "RC SEND Last", Infinity);
  send(1n, 3000);
  fabric.settle(1);
  moveB();
  goOn();
  expect(ids(a)).toEqual([[1n, 0]]);
  const requester = { timeout: 10, retryCnt: 7, rnrRetry: 7, maxRdAtomic: 4 };
  b.adapter.hca.modifyQp(b.qpn, { state: abi.QPS_RTS, sqPsn: 100 as Psn, ...requester }, fabric.now);
  a.rq.post({ id: 1n });
  b.post({ id: 2n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(ids(b)).toEqual([[2n, 0]]);
});

test("a send queue that is being drained by its program finishes what it has started, and tells so, after the move", () => {
  receive(1n);
  fabric.filter = () => false;
  send(1n, 3000);
  fabric.settle(1);
  a.adapter.hca.modifyQp(a.qpn, { state: abi.QPS_SQD, enSqdAsyncNotify: 1 }, fabric.now);
  send(2n);
  moveA();
  goOn();
  expect(ids(a)).toEqual([[1n, 0]]);
  expect(a.adapter.events.async).toEqual([{ kind: "SQ_DRAINED", qpn: a.qpn }]);
});

test("a queue pair that has failed while frozen is flushed where it goes, not completed", () => {
  receive(1n);
  fabric.filter = (_, from) => from === 1;
  send(1n);
  fabric.settle(1);
  const fail = () => a.adapter.hca.modifyQp(a.qpn, { state: abi.QPS_ERR }, fabric.now);
  a.adapter.hca.freeze(a.qpn);
  fail();
  moveA();
  expect(ids(a)).toEqual([[1n, abi.WC_WR_FLUSH_ERR]]);
});

test.each([["a", moveA] as const, ["b", moveB] as const])(
  "a request that was refused fails with the responder's reason when %s moves, though the NAK was lost",
  (_, move) => {
    a.post({ id: 1n, opcode: abi.WR_RDMA_WRITE, sges: [a.sge(0, 8)], remoteAddress: 5, rkey: b.region.rkey });
    fabric.filter = (_bytes, from) => from === 1;
    fabric.settle(1);
    move();
    goOn();
    expect(ids(a)).toEqual([[1n, abi.WC_REM_ACCESS_ERR]]);
    expect(a.adapter.hca.queryQp(a.qpn).state).toBe(abi.QPS_ERR);
  },
);

test("a window that was invalidated behind work under way is not invalidated again", () => {
  start({ access: abi.ACCESS_LOCAL_WRITE | abi.ACCESS_MW_BIND });
  const window = a.adapter.hca.allocMw(a.pd, abi.MW_TYPE_2);
  const rkey = nextKey(window.rkey);
  const bind = { type: abi.MW_TYPE_2, lkey: a.region.lkey, address: a.data, length: 64, access: 0 } as const;
  a.post({ id: 1n, opcode: abi.WR_BIND_MW, rkey, bind });
  fabric.settle();
  expect(ids(a)).toEqual([[1n, 0]]);
  receive(1n);
  silence();
  send(2n);
  a.post({ id: 3n, opcode: abi.WR_LOCAL_INV, rkey });
  fabric.settle(1);
  moveB();
  goOn();
  expect(ids(a)).toEqual([
    [2n, 0],
    [3n, 0],
  ]);
});

test("an atomic that was executed is not executed again when its result is not known any more: it fails", () => {
  start({}, { maxRdAtomic: 4, maxDestRdAtomic: 1 });
  fabric.filter = (_, from) => from === 1;
  for (const id of [1n, 2n]) {
    a.post(fetchAdd(id));
    fabric.settle(0.02);
  }
  moveA();
  goOn();
  expect(ids(a)).toEqual([
    [1n, abi.WC_RETRY_EXC_ERR],
    [2n, abi.WC_WR_FLUSH_ERR],
  ]);
  expect(b.memory.view.getBigUint64(b.data, true)).toBe(2n);
});

test("atomics behind a READ that lacks data complete after it, in order, and a fence waits for them", () => {
  receive(1n);
  fabric.filter = (_, from) => from === 1;
  a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(9000, 4000)], remoteAddress: b.data, rkey: b.region.rkey });
  a.post(fetchAdd(2n));
  a.post(fetchAdd(3n));
  send(4n, 5, abi.SEND_FENCE);
  fabric.settle(1);
  moveA();
  expect(ids(a)).toEqual([]);
  goOn();
  expect(ids(a)).toEqual([1n, 2n, 3n, 4n].map((id) => [id, 0]));
  expect([2, 3].map((id) => a.memory.view.getBigUint64(a.data + 8 * id, true))).toEqual([0n, 1n]);
});

test("a queue pair connected to another of the same guest moves with it", () => {
  fabric = new Fabric({ crc32 });
  const adapter = fabric.add(1);
  [a, b] = [new Endpoint(adapter), new Endpoint(adapter)];
  connect(a, b);
  receive(1n);
  fabric.filter = dropping([], (p) => p.name === "RC SEND Middle", Infinity);
  send(1n, 9000);
  fabric.settle(1);
  moveA();
  moveWithCut(fabric, b, a, a.adapter);
  goOn();
  expect(ids(a)).toEqual([[1n, 0]]);
  expect(b.recvCq.drain()).toMatchObject([{ byteLen: 9000 }]);
});

test("a message of an unreliable connection that is cut begins anew", () => {
  fabric = new Fabric({ crc32 });
  [a, b] = unreliablePair(fabric);
  receive(1n);
  fabric.linkPackets = 2;
  send(1n, 5000);
  a.adapter.hca.run(fabric.now, 9);
  fabric.linkPackets = Infinity;
  moveA();
  fabric.settle();
  expect(ids(a)).toEqual([[1n, 0]]);
  expect(b.recvCq.drain()).toMatchObject([{ byteLen: 5000 }]);
});

describe("planted", () => {
  afterEach(() => plant(null));

  test.each([["cut-completes-too-much", 0] as const, ["cut-redelivers", 2] as const])("%s is seen", (bug, received) => {
    plant(bug);
    for (const id of [1n, 2n]) receive(id);
    fabric.filter = (_, from) => from === (bug === "cut-redelivers" ? 1 : 0);
    send(1n);
    fabric.settle(1);
    moveA();
    goOn();
    expect(b.recvCq.drain()).toHaveLength(received);
  });
});
