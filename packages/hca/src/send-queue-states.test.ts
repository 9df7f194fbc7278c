import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { beforeEach, describe, expect, test } from "vitest";
import { connectedPair, type Endpoint, unreliablePair } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import type { QpAttributes, QpState } from "./types.ts";

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric);
});

const modify = (attributes: QpAttributes) => a.adapter.hca.modifyQp(a.qpn, attributes, fabric.now);
const events = () => a.adapter.events.async;
const code = (name: string) => expect.objectContaining({ code: name });

describe("SQD", () => {
  const drainedEvent = () => ({ kind: "SQ_DRAINED", qpn: a.qpn });

  test("tells at once that an idle send queue is drained, when asked to", () => {
    modify({ state: abi.QPS_SQD, enSqdAsyncNotify: 1 });
    expect(events()).toEqual([drainedEvent()]);
  });

  test("tells once that the last message is acknowledged, and says meanwhile that it is draining", () => {
    b.rq.post({ id: 1n, sges: [b.sge(0, 5000)] });
    a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 5000)] });
    a.adapter.hca.run(fabric.now, 2);
    modify({ state: abi.QPS_SQD, enSqdAsyncNotify: 1 });
    expect([events(), a.adapter.hca.queryQp(a.qpn).sqDraining]).toEqual([[], true]);
    fabric.settle();
    expect(events()).toEqual([drainedEvent()]);
    expect(a.adapter.hca.queryQp(a.qpn)).toMatchObject({ sqDraining: false, state: abi.QPS_SQD });
    expect(a.sendCq.drain()).toMatchObject([{ status: 0 }]);
  });

  test("tells nothing unless asked to", () => {
    modify({ state: abi.QPS_SQD });
    expect(events()).toEqual([]);
  });

  test("lets the address and its limits be changed, which other states do not", () => {
    const change = { dlid: b.adapter.lid, timeout: 9, retryCnt: 3, rnrRetry: 2, maxRdAtomic: 1, maxDestRdAtomic: 2 };
    expect(() => modify({ state: abi.QPS_RTS, ...change })).toThrow(code("E_STATE"));
    modify({ state: abi.QPS_SQD });
    modify({ state: abi.QPS_SQD, ...change });
    expect(a.adapter.hca.queryQp(a.qpn)).toMatchObject(change);
  });

  test("goes on receiving", () => {
    modify({ state: abi.QPS_SQD });
    a.rq.post({ id: 1n });
    b.post({ id: 1n, opcode: abi.WR_SEND });
    fabric.settle();
    expect(a.recvCq.drain()).toHaveLength(1);
  });
});

test("a change is refused when the queue pair is not in the state that its maker takes it to be in", () => {
  expect(() => modify({ curState: abi.QPS_SQD, state: abi.QPS_RTS })).toThrow(code("E_STATE"));
  modify({ curState: abi.QPS_RTS, state: abi.QPS_RTS, minRnrTimer: 3 });
  expect(a.adapter.hca.queryQp(a.qpn)).toMatchObject({ minRnrTimer: 3, curState: abi.QPS_RTS });
});

test("a reliable connection never enters SQE, and no queue pair is put there", () => {
  a.post({ id: 1n, opcode: 77 });
  fabric.settle();
  expect(a.adapter.hca.queryQp(a.qpn).state).toBe(abi.QPS_ERR);
  const [c] = unreliablePair(new Fabric({ crc32 }));
  expect(() => c.adapter.hca.modifyQp(c.qpn, { state: abi.QPS_SQE }, 0)).toThrow(code("E_STATE"));
});

test("an unreliable connection in SQE goes to RESET and to ERR like any other", () => {
  for (const to of [abi.QPS_RESET, abi.QPS_ERR] as readonly QpState[]) {
    const [c] = unreliablePair(new Fabric({ crc32 }));
    c.post({ id: 1n, opcode: 77 });
    c.adapter.hca.run(0, 9);
    expect(c.adapter.hca.queryQp(c.qpn).state).toBe(abi.QPS_SQE);
    c.rq.post({ id: 5n });
    c.adapter.hca.modifyQp(c.qpn, { state: to }, 0);
    expect(c.adapter.hca.queryQp(c.qpn).state).toBe(to);
    expect(c.recvCq.drain()).toHaveLength(to === abi.QPS_ERR ? 1 : 0);
  }
});

test("while it is frozen a queue pair in SQE flushes nothing, and thawed it does", () => {
  const [c] = unreliablePair(new Fabric({ crc32 }));
  c.post({ id: 1n, opcode: 77 });
  c.adapter.hca.run(0, 9);
  c.adapter.hca.freeze(c.qpn);
  c.post({ id: 2n, opcode: abi.WR_SEND });
  expect(c.sendCq.drain().map((x) => x.id)).toEqual([1n]);
  c.adapter.hca.thaw(c.qpn);
  expect(c.sendCq.drain()).toMatchObject([{ id: 2n, status: abi.WC_WR_FLUSH_ERR }]);
});
