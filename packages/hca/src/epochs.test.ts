import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { LKey, RKey } from "@nomad/base";
import { beforeEach, expect, test } from "vitest";
import { connectedPair, type Endpoint, LOCAL_EPOCH } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import type { HcaEvents } from "./types.ts";

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;
let asked: string[];

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric);
  asked = [];
});

const stale = 1 as LKey;
const write = () => ({ opcode: abi.WR_RDMA_WRITE, remoteAddress: b.data, rkey: b.region.rkey });

/** The owner answers with `answer`; on `done` it writes what is right into the work request. */
function owner(endpoint: Endpoint, answer: ReturnType<HcaEvents["translate"]>): void {
  endpoint.adapter.events.onTranslate = (qpn, queue, wqe) => {
    asked.push(`${qpn} ${queue}`);
    const { view } = endpoint.memory;
    if (answer === "done") {
      const sge = wqe + (queue === "send" ? abi.SEND_WQE_SGES : abi.RECV_WQE_SGES);
      view.setUint32(sge + abi.SGE_LKEY, endpoint.region.lkey, true);
      view.setUint32(wqe + abi.WQE_LOCAL_EPOCH, LOCAL_EPOCH, true);
      if (queue === "send") view.setUint32(wqe + abi.SEND_WQE_RKEY, b.region.rkey, true);
    }
    return answer;
  };
}

test("a send of an old epoch is handed back, translated, and runs with the keys that it then has", () => {
  owner(a, "done");
  a.sq.localEpoch = LOCAL_EPOCH - 1;
  a.post({ id: 1n, ...write(), sges: [{ ...a.sge(0, 8), lkey: stale }], rkey: 0 as RKey });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
  expect(asked).toEqual([`${a.qpn} send`]);
});

test("a one-sided work request is handed back when the peer's epoch has changed, a SEND is not", () => {
  owner(a, "done");
  b.rq.post({ id: 1n });
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 0)] });
  a.post({ id: 2n, ...write(), sges: [a.sge(0, 8)] });
  a.adapter.hca.retarget(a.qpn, { remoteEpoch: 99 });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }, { status: abi.WC_SUCCESS }]);
  expect(asked).toEqual([`${a.qpn} send`]);
  expect(a.memory.view.getUint32(a.sq.location.record + abi.QUEUE_REMOTE_EPOCH, true)).toBe(99);
});

test("inline data and empty lists have no local keys to translate", () => {
  a.sq.localEpoch = 0;
  a.post({ id: 1n, ...write(), inline: Uint8Array.of(1) });
  a.post({ id: 2n, ...write() });
  fabric.settle();
  expect(a.sendCq.drain().map((c) => c.status)).toEqual([0, 0]);
  expect(asked).toEqual([]);
});

test("a translation that is pending stalls the send queue until the doorbell rings", () => {
  owner(a, "pending");
  b.rq.post({ id: 1n });
  a.sq.localEpoch = 0;
  a.post({ id: 1n, ...write(), sges: [{ ...a.sge(0, 8), lkey: stale }] });
  a.post({ id: 2n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(a.sendCq.drain()).toEqual([]);
  expect(asked).toHaveLength(1);
  owner(a, "done");
  a.adapter.hca.doorbell(a.qpn);
  fabric.settle();
  expect(a.sendCq.drain().map((c) => [c.id, c.status])).toEqual([
    [1n, 0],
    [2n, 0],
  ]);
});

test("a translation that failed runs with the keys that are there, and fails as they do", () => {
  owner(a, "failed");
  a.sq.localEpoch = 0;
  a.post({ id: 1n, ...write(), sges: [{ ...a.sge(0, 8), lkey: stale }] });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_LOC_PROT_ERR }]);
});

test("a receive whose translation is pending makes the sender wait as if none were posted", () => {
  owner(b, "pending");
  b.rq.localEpoch = 0;
  b.rq.post({ id: 1n, sges: [{ ...b.sge(0, 8), lkey: stale }] });
  a.post({ id: 1n, opcode: abi.WR_SEND, inline: Uint8Array.of(6) });
  fabric.settle(2);
  expect(a.adapter.hca.counters.rnr_nak_retry_err).toBeGreaterThan(0);
  owner(b, "done");
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS, byteLen: 1 }]);
  expect(b.bytes(0, 1)[0]).toBe(6);
});

test("a new local epoch applies to what starts after it", () => {
  owner(a, "failed");
  a.post({ id: 1n, ...write(), sges: [a.sge(0, 8)] });
  a.adapter.hca.setLocalEpoch(a.qpn, LOCAL_EPOCH + 1);
  fabric.settle();
  expect(asked).toHaveLength(1);
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
});
