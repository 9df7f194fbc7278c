import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { Qpn } from "@nomad/base";
import { beforeEach, expect, test } from "vitest";
import { connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric, type FabricAdapter } from "./testing/fabric.ts";
import { dropping } from "./testing/packets.ts";
import { Watch } from "./watch.ts";

const MOVE = "move-1";
let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric);
});

function send(from: Endpoint, to: Endpoint, id: bigint, length = 5): void {
  to.rq.post({ id, sges: [to.sge(0, 100_000)] });
  from.post({ id, opcode: abi.WR_SEND, sges: [from.sge(0, length)] });
}

const ids = (endpoint: Endpoint) => endpoint.sendCq.drain().map((c) => [c.id, c.status]);
const gate = (endpoint: Endpoint, holder = MOVE) => endpoint.adapter.hca.gate(endpoint.qpn, holder, fabric.now);
const ungate = (endpoint: Endpoint, holder = MOVE) => endpoint.adapter.hca.ungate(endpoint.qpn, holder, fabric.now);

test("an idle queue pair is drained in the same step that gates it", () => {
  gate(a);
  expect(a.adapter.hca.drained(MOVE)).toBe(true);
  expect(a.adapter.events.drainedHolders).toEqual([]);
});

test("a gated queue pair finishes what it has started, tells once that it is drained, and starts nothing more", () => {
  send(a, b, 1n, 50_000);
  a.adapter.hca.run(fabric.now, 3);
  gate(a);
  send(a, b, 2n);
  expect(a.adapter.hca.undrained(MOVE)).toEqual([a.qpn]);
  fabric.settle();
  expect(ids(a)).toEqual([[1n, 0]]);
  expect(a.adapter.hca.drained(MOVE)).toBe(true);
  expect(a.adapter.events.drainedHolders).toEqual([MOVE]);
  ungate(a);
  fabric.settle();
  expect(ids(a)).toEqual([[2n, 0]]);
});

test("a gated queue pair receives, answers and completes receives as ever", () => {
  gate(a);
  send(b, a, 1n);
  b.post({ id: 2n, opcode: abi.WR_RDMA_READ, sges: [b.sge(0, 5000)], remoteAddress: a.data, rkey: a.region.rkey });
  fabric.settle();
  expect(ids(b)).toEqual([
    [1n, 0],
    [2n, 0],
  ]);
  expect(a.recvCq.drain()).toHaveLength(1);
});

test("a queue pair held by two opens when both let go", () => {
  gate(a, "x");
  gate(a, "y");
  send(a, b, 1n);
  ungate(a, "x");
  fabric.settle();
  expect(ids(a)).toEqual([]);
  ungate(a, "y");
  fabric.settle();
  expect(ids(a)).toEqual([[1n, 0]]);
});

test("a held queue pair retransmits without using up its retries, however long the peer is silent", () => {
  send(a, b, 1n);
  a.adapter.hca.run(fabric.now, 9);
  gate(a);
  fabric.filter = () => false;
  fabric.settle(1000);
  expect(a.adapter.hca.counters.local_ack_timeout_err).toBeGreaterThan(50);
  fabric.filter = () => true;
  fabric.settle();
  expect(ids(a)).toEqual([[1n, 0]]);
  expect(a.adapter.hca.drained(MOVE)).toBe(true);
});

test("a queue pair that fails while held is drained by that", () => {
  send(a, b, 1n);
  a.adapter.hca.run(fabric.now, 9);
  gate(a);
  a.adapter.hca.modifyQp(a.qpn, { state: abi.QPS_ERR }, fabric.now);
  expect(a.adapter.events.drainedHolders).toEqual([MOVE]);
  expect(a.adapter.hca.drained(MOVE)).toBe(true);
});

test("a frozen queue pair takes, sends and writes nothing; thawed, it goes on", () => {
  b.adapter.hca.freeze(b.qpn);
  send(a, b, 1n);
  const before = crc32(b.memory.bytes);
  fabric.settle(2);
  expect(crc32(b.memory.bytes)).toBe(before);
  expect(b.adapter.hca.counters.port_xmit_packets).toBe(0);
  b.adapter.hca.thaw(b.qpn);
  fabric.settle();
  expect(ids(a)).toEqual([[1n, 0]]);
});

test("a frozen queue pair whose completion queue overruns is flushed only when thawed", () => {
  b.rq.post({ id: 3n });
  b.adapter.hca.freeze(b.qpn);
  b.adapter.hca.modifyQp(b.qpn, { state: abi.QPS_ERR }, 0);
  expect(b.recvCq.drain()).toEqual([]);
  b.adapter.hca.thaw(b.qpn);
  expect(b.recvCq.drain()).toMatchObject([{ id: 3n, status: abi.WC_WR_FLUSH_ERR }]);
});

test("only a queue pair that is frozen, or held and drained, can be taken a snapshot of", () => {
  const { hca } = a.adapter;
  const refused = expect.objectContaining({ code: "E_STATE" });
  expect(() => hca.snapshot(a.qpn)).toThrow(refused);
  send(a, b, 1n);
  hca.run(fabric.now, 9);
  gate(a);
  expect(() => hca.snapshot(a.qpn)).toThrow(refused);
  hca.freeze(a.qpn);
  expect(hca.snapshot(a.qpn).started).toMatchObject([{ firstPsn: 0xfffff0, packets: 1, bytes: 5 }]);
  hca.thaw(a.qpn);
  fabric.settle();
  expect(hca.snapshot(a.qpn)).toMatchObject({ state: abi.QPS_RTS, sqConsumer: 1, rqConsumer: 0, sqPsn: 0xfffff1 });
});

/** Moves `b` to another adapter as the protocol does it; its memory is the same, the names are all new. */
function move(target: FabricAdapter): void {
  const source = b.adapter.hca;
  gate(b);
  gate(a);
  fabric.settle();
  source.freeze(b.qpn);
  const snapshot = source.snapshot(b.qpn);
  const old = { qpn: b.qpn, cqs: [b.sendCqn, b.recvCqn], pd: b.pd, lkey: b.region.lkey };
  const reserved = a.adapter.hca.reserveQpn();
  b.attach(target);
  b.raiseEpoch();
  target.events.onTranslate = (_qpn, queue, wqe) => {
    const sge = wqe + (queue === "send" ? abi.SEND_WQE_SGES : abi.RECV_WQE_SGES);
    b.memory.view.setUint32(sge + abi.SGE_LKEY, b.region.lkey, true);
    return "done";
  };
  b.qpn = target.hca.restore(b.qpInit, snapshot);
  target.hca.gate(b.qpn, MOVE, fabric.now);
  target.hca.retarget(b.qpn, { dlid: a.adapter.lid, destQpn: reserved });
  target.hca.thaw(b.qpn);
  a.adapter.hca.renumber(a.qpn, reserved);
  a.qpn = reserved;
  a.adapter.hca.retarget(a.qpn, { dlid: target.lid, destQpn: b.qpn, remoteEpoch: 11 });
  ungate(a);
  ungate(b);
  source.destroyQp(old.qpn);
  for (const cqn of old.cqs) source.destroyCq(cqn);
  source.deregisterMemory(old.lkey);
  source.deallocPd(old.pd);
}

test("a queue pair moves to a third adapter and on again, and nothing is lost, doubled or reordered", () => {
  for (let hop = 0; hop < 4; hop++) {
    for (let i = 0; i < 10; i++) {
      send(a, b, BigInt(hop * 100 + i), 3000 + i);
      send(b, a, BigInt(hop * 100 + i), 2000 + i);
    }
    for (const { hca } of [a.adapter, b.adapter]) hca.run(fabric.now, 7);
    move(fabric.add(10 + hop));
    fabric.settle();
    const expected = Array.from({ length: 10 }, (_, i) => [BigInt(hop * 100 + i), 0]);
    expect(ids(a)).toEqual(expected);
    expect(ids(b)).toEqual(expected);
    expect(b.recvCq.drain().map((c) => c.byteLen)).toEqual(expected.map((_, i) => 3000 + i));
    expect(a.recvCq.drain().map((c) => c.byteLen)).toEqual(expected.map((_, i) => 2000 + i));
  }
});

test("work posted while held is translated and runs after the move, and old keys open nothing at the source", () => {
  const source = b.adapter.hca;
  gate(b);
  const remote = { remoteAddress: a.data, rkey: a.region.rkey };
  const held = { id: 1n, opcode: abi.WR_RDMA_READ, sges: [b.sge(0, 8)], ...remote };
  a.bytes(0, 8).fill(3);
  b.post(held);
  ungate(b, "nobody");
  move(fabric.add(3));
  fabric.settle();
  expect(ids(b)).toEqual([[1n, 0]]);
  expect([...b.bytes(0, 8)]).toEqual(new Array(8).fill(3));
  expect(() => source.deregisterMemory(held.sges[0]?.lkey as typeof b.region.lkey)).toThrow("no memory region");
});

test("the snapshot, not what the guest wrote, says how far the queues are executed", () => {
  send(b, a, 1n);
  fabric.settle();
  b.memory.view.setUint32(b.sq.location.record + abi.QUEUE_CONSUMER, 77, true);
  move(fabric.add(3));
  expect(b.memory.view.getUint32(b.sq.location.record + abi.QUEUE_CONSUMER, true)).toBe(1);
});

test("a restored queue pair has all that the snapshot says, the records of atomics among it", () => {
  for (let i = 0; i < 6; i++) {
    const fetchAdd = { opcode: abi.WR_ATOMIC_FETCH_AND_ADD, compareAdd: 1n, sges: [a.sge(0, 8)] };
    a.post({ id: 1n, ...fetchAdd, remoteAddress: b.data, rkey: b.region.rkey });
  }
  send(b, a, 1n);
  fabric.settle();
  b.adapter.hca.freeze(b.qpn);
  const snapshot = b.adapter.hca.snapshot(b.qpn);
  expect(snapshot).toMatchObject({
    msn: 6,
    sqConsumer: 1,
    atomics: [2n, 3n, 4n, 5n].map((original) => ({ original })),
  });
  const target = fabric.add(3);
  b.attach(target);
  const restored = target.hca.restore(b.qpInit, snapshot);
  expect(target.hca.snapshot(restored)).toEqual(snapshot);
});

test("a partly received SEND is left out: its receive work request stays posted", () => {
  fabric.filter = dropping([], (p) => p.name === "RC SEND Last", Infinity);
  send(a, b, 1n, 3000);
  fabric.settle(0.5);
  b.adapter.hca.freeze(b.qpn);
  expect(b.adapter.hca.snapshot(b.qpn)).toMatchObject({ rqConsumer: 0, rqPsn: 0xfffff2 });
});

test("packets to a number that was given up are dropped and counted, and it is never given again", () => {
  const old = a.qpn;
  a.qpn = a.adapter.hca.renumber(old);
  expect(a.qpn).not.toBe(old);
  a.rq.post({ id: 1n });
  b.post({ id: 1n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(ids(b)).toEqual([[1n, abi.WC_RETRY_EXC_ERR]]);
  expect(a.adapter.hca.counters.rx_unknown_qp).toBe(8);
  expect(() => a.adapter.hca.queryQp(old)).toThrow(expect.objectContaining({ code: "E_VERB" }));
});

test("packets from another port than the peer's are refused", () => {
  b.adapter.hca.retarget(b.qpn, { dlid: a.adapter.lid, destQpn: 5 as Qpn });
  a.adapter.hca.retarget(a.qpn, { remoteEpoch: 3 });
  const stranger = fabric.add(9);
  b.adapter.hca.retarget(b.qpn, { dlid: stranger.lid });
  send(a, b, 1n);
  fabric.settle();
  expect(ids(a)).toEqual([[1n, abi.WC_RETRY_EXC_ERR]]);
  expect(b.adapter.hca.counters.rx_refused).toBe(8);
});

test("a queue pair that waits for the link to its old peer goes on when it is aimed at another", () => {
  fabric.linkPackets = 0;
  send(a, b, 1n);
  fabric.settle(1);
  fabric.linkPackets = Infinity;
  expect(a.adapter.hca.run(fabric.now, 5)).toBe(false);
  expect(a.adapter.hca.counters.port_xmit_packets).toBe(0);
  a.adapter.hca.retarget(a.qpn, { dlid: fabric.add(3).lid });
  a.adapter.hca.run(fabric.now, 5);
  expect(a.adapter.hca.counters.port_xmit_packets).toBe(1);
});

test("a queue pair takes only a number that was reserved for it", () => {
  const { hca } = a.adapter;
  const other = hca.createQp(a.qpInit);
  for (const to of [other, 0 as Qpn]) {
    expect(() => hca.renumber(a.qpn, to)).toThrow(expect.objectContaining({ code: "E_VERB" }));
  }
  const reserved = hca.reserveQpn();
  expect(hca.renumber(a.qpn, reserved)).toBe(reserved);
});

/** A watch on the queue pair from here on, when it has had its turns. */
function watchOn({ adapter, qpn }: Endpoint): Watch {
  fabric.settle();
  const watch = new Watch();
  expect(adapter.hca.snapshotAtRest(qpn, watch)).not.toBeNull();
  return watch;
}

test.each<[string, () => void]>([
  ["sends", () => send(a, b, 1n)],
  ["receives", () => send(b, a, 1n)],
  ["is modified", () => a.adapter.hca.modifyQp(a.qpn, { minRnrTimer: 5 }, fabric.now)],
  ["fails", () => a.adapter.hca.modifyQp(a.qpn, { state: abi.QPS_ERR }, fabric.now)],
  ["is retargeted", () => a.adapter.hca.retarget(a.qpn, { remoteEpoch: 9 })],
  ["is thawed", () => a.adapter.hca.thaw(a.qpn)],
])("a queue pair that %s is stirred, once for each watch, and its peer only by packets", (what, act) => {
  const [watch, peers] = [watchOn(a), watchOn(b)];
  act();
  fabric.settle();
  expect(watch.stirred).toEqual([a.qpn]);
  expect(peers.stirred).toEqual(["sends", "receives"].includes(what) ? [b.qpn] : []);
});

test("what a move does to an idle queue pair until it is stopped stirs it not", () => {
  const watch = watchOn(a);
  gate(a);
  fabric.settle();
  a.adapter.hca.freeze(a.qpn);
  a.adapter.hca.detach(a.memory);
  fabric.settle();
  expect(watch.stirred).toEqual([]);
});

test("while the adapter is detached from a memory nothing goes in or out there, and all goes on when it is attached", () => {
  a.adapter.hca.detach(a.memory);
  send(a, b, 1n);
  send(b, a, 2n);
  fabric.settle(2);
  expect([ids(a), ids(b), a.recvCq.drain(), b.recvCq.drain()]).toEqual([[], [], [], []]);
  a.adapter.hca.attach(a.memory);
  a.adapter.hca.thaw(a.qpn);
  fabric.settle();
  expect([ids(a), ids(b)]).toEqual([[[1n, 0]], [[2n, 0]]]);
});

/** Another value of the same kind. */
function altered(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  return value === null ? 1 : [{ psn: 1, original: 1n }];
}

test("a queue pair is still what it was told to be until anything of it is not", () => {
  send(a, b, 1n);
  fabric.settle();
  const { hca } = a.adapter;
  const told = hca.snapshotAtRest(a.qpn, new Watch()) ?? expect.fail("it is at rest");
  expect(hca.still(a.qpn, told)).toBe(true);
  for (const [name, value] of Object.entries(told)) {
    if (name !== "attributes") expect(hca.still(a.qpn, { ...told, [name]: altered(value) }), name).toBe(false);
  }
  for (const [name, value] of Object.entries(told.attributes)) {
    const attributes = { ...told.attributes, [name]: altered(value) };
    expect(hca.still(a.qpn, { ...told, attributes }), name).toBe(false);
  }
  send(a, b, 2n);
  hca.run(fabric.now, 1);
  expect(hca.still(a.qpn, told)).toBe(false);
  fabric.settle();
  expect(hca.still(a.qpn, told)).toBe(false);
});
