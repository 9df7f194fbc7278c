import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { type Lid, limits, type Psn } from "@nomad/base";
import { beforeEach, describe, expect, test } from "vitest";
import { connect, connectedPair, Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import type { QpAttributes, QpInit } from "./types.ts";

let fabric: Fabric;
let a: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  a = new Endpoint(fabric.add(1));
});

const modify = (attributes: QpAttributes) => a.adapter.hca.modifyQp(a.qpn, attributes, 0);

/** Brings `a` from RESET to RTR towards `b`. */
function toRtr(b: Endpoint): void {
  modify({ state: abi.QPS_INIT, access: 1 });
  const address = { destQpn: b.qpn, dlid: b.adapter.lid, rqPsn: 100 as Psn };
  modify({ state: abi.QPS_RTR, ...address, pathMtu: abi.MTU_1024, maxDestRdAtomic: 1, minRnrTimer: 1 });
}

const code = (name: string) => expect.objectContaining({ code: name });

test("a transition that the table forbids changes nothing", () => {
  expect(() => modify({ state: abi.QPS_RTS })).toThrow(code("E_STATE"));
  expect(() => modify({ state: abi.QPS_INIT })).toThrow(code("E_STATE"));
  expect(() => modify({ state: abi.QPS_INIT, access: 1, timeout: 3 })).toThrow(code("E_STATE"));
  expect(a.adapter.hca.queryQp(a.qpn)).toMatchObject({ state: abi.QPS_RESET, access: 0, timeout: 0 });
});

test.each<QpAttributes>([
  { access: 16 },
  { pathMtu: 6 },
  { timeout: 32 },
  { retryCnt: 8 },
  { rnrRetry: -1 },
  { sqPsn: (2 ** 24) as Psn },
  { minRnrTimer: 1.5 },
])("a value out of range is refused: %o", (attributes) => {
  expect(() => modify({ state: abi.QPS_INIT, access: 1, ...attributes })).toThrow(code("E_VERB"));
});

test("a query tells the attributes and the next PSNs", () => {
  const b = new Endpoint(fabric.add(2));
  connect(a, b);
  const expected = { state: abi.QPS_RTS, pathMtu: abi.MTU_1024, timeout: 10, dlid: 2, destQpn: b.qpn };
  expect(a.adapter.hca.queryQp(a.qpn)).toMatchObject({ ...expected, sqPsn: 0xfffff0, rqPsn: 100, remoteEpoch: 3 });
});

test("the first packet at a queue pair in RTR is told once as communication established", () => {
  const b = new Endpoint(fabric.add(2));
  connect(a, b);
  modify({ state: abi.QPS_RESET });
  toRtr(b);
  for (let i = 0; i < 2; i++) {
    a.rq.post({ id: 1n });
    b.post({ id: 1n, opcode: abi.WR_SEND });
    fabric.settle();
  }
  expect(b.sendCq.drain().map((c) => c.status)).toEqual([0, 0]);
  expect(a.adapter.events.async).toEqual([{ kind: "COMM_EST", qpn: a.qpn }]);
});

test("in RTR nothing is sent, and in RTS what was posted goes out", () => {
  const b = new Endpoint(fabric.add(2));
  toRtr(b);
  a.post({ id: 1n, opcode: abi.WR_SEND });
  a.adapter.hca.run(0, 9);
  expect(a.adapter.hca.counters.port_xmit_packets).toBe(0);
  modify({ state: abi.QPS_RTS, sqPsn: 5 as Psn, timeout: 0, retryCnt: 0, rnrRetry: 0, maxRdAtomic: 0 });
  a.adapter.hca.run(0, 9);
  expect(a.adapter.hca.counters.port_xmit_packets).toBe(1);
});

test("in SQD what is started goes on and nothing else starts; back in RTS it does", () => {
  const [c, d] = connectedPair(new Fabric({ crc32 }));
  const { hca } = c.adapter;
  hca.modifyQp(c.qpn, { state: abi.QPS_SQD }, 0);
  d.rq.post({ id: 1n });
  c.post({ id: 1n, opcode: abi.WR_SEND });
  hca.run(0, 10);
  expect(hca.counters.port_xmit_packets).toBe(0);
  hca.modifyQp(c.qpn, { state: abi.QPS_RTS }, 0);
  hca.run(0, 10);
  expect(hca.counters.port_xmit_packets).toBe(1);
});

test("RESET forgets what is posted without completing it, and the queue pair can be used again", () => {
  const b = new Endpoint(fabric.add(2));
  connect(a, b);
  for (let i = 0; i < 3; i++) {
    a.rq.post({ id: 1n });
    a.post({ id: 1n, opcode: abi.WR_SEND });
  }
  a.adapter.hca.run(0, 2);
  modify({ state: abi.QPS_RESET });
  b.adapter.hca.modifyQp(b.qpn, { state: abi.QPS_RESET }, 0);
  fabric.settle();
  expect([a.sq.used, a.rq.used, a.sendCq.drain().length, a.recvCq.drain().length]).toEqual([0, 0, 0, 0]);
  connect(a, b);
  b.rq.post({ id: 1n });
  a.post({ id: 7n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ id: 7n, status: abi.WC_SUCCESS }]);
});

test("a destroyed queue pair is gone, and its counters stay with the port", () => {
  const b = new Endpoint(fabric.add(2));
  connect(a, b);
  a.post({ id: 1n, opcode: abi.WR_SEND });
  a.adapter.hca.run(0, 2);
  a.adapter.hca.destroyQp(a.qpn);
  expect(() => a.adapter.hca.queryQp(a.qpn)).toThrow(code("E_VERB"));
  expect(a.adapter.hca.counters.port_xmit_packets).toBe(1);
  a.adapter.hca.doorbell(a.qpn);
  fabric.settle();
  expect(a.adapter.hca.deadline()).toBe(null);
});

test("a queue pair that waits for its link may be destroyed", () => {
  const narrow = new Fabric({ crc32, linkPackets: 0 });
  const [c] = connectedPair(narrow);
  c.post({ id: 1n, opcode: abi.WR_SEND });
  narrow.settle(1);
  c.adapter.hca.destroyQp(c.qpn);
  c.adapter.hca.transmitReady(2 as Lid);
  expect(c.adapter.hca.run(1, 10)).toBe(false);
});

test("numbers of destroyed queue pairs are not given again soon", () => {
  const given = new Set<number>();
  for (let i = 0; i < 3000; i++) {
    const qpn = a.adapter.hca.createQp(a.qpInit);
    expect(given.has(qpn)).toBe(false);
    given.add(qpn);
    a.adapter.hca.destroyQp(qpn);
  }
});

describe("a queue is refused that", () => {
  const cases: readonly (readonly [string, (init: QpInit) => QpInit])[] = [
    ["lies outside the memory", (init) => ({ ...init, sq: { ...init.sq, ring: (1 << 20) - 64 } })],
    ["is not aligned", (init) => ({ ...init, rq: { ...a.init.rq, record: a.init.rq.record + 4 } })],
    ["has no power of two of entries", (init) => ({ ...init, sq: { ...init.sq, entries: 48 } })],
    ["has too many entries", (init) => ({ ...init, sq: { ...init.sq, entries: limits.ringEntriesMax * 2 } })],
    ["has too many elements", (init) => ({ ...init, rq: { ...a.init.rq, maxSge: limits.sgesMax + 1 } })],
    ["belongs to no protection domain", (init) => ({ ...init, pd: 99 })],
    ["completes nowhere", (init) => ({ ...init, recvCq: 99 })],
  ];
  test.each(cases)("%s", (_, spoil) => {
    expect(() => a.adapter.hca.createQp(spoil(a.qpInit))).toThrow(code("E_VERB"));
  });
});
