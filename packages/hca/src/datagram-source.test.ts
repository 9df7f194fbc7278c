import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { Lid } from "@nomad/base";
import { gidOf } from "@nomad/iba";
import { beforeEach, expect, test } from "vitest";
import { datagramPair, type Endpoint, QKEY } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import type { DatagramSource } from "./types.ts";

const named: DatagramSource = { lid: 0x1001, qpn: 77, dlid: 0x1002 };
let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;
let ah: number;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = datagramPair(fabric, { entries: 128 });
  ah = a.adapter.hca.createAh({ pd: a.pd, dlid: b.adapter.lid });
  for (let id = 1n; id <= 100n; id++) b.rq.post({ id, sges: [b.sge(0, 100)] });
});

const send = (count = 1) => {
  for (let i = 0; i < count; i++) {
    a.post({ id: 1n, opcode: abi.WR_SEND_WITH_IMM, immediate: i, ud: { ah, qpn: b.qpn, qkey: QKEY } });
    fabric.settle();
  }
};
const received = () => b.recvCq.drain().map(({ srcQp, slid, immediate }) => ({ srcQp, slid, immediate }));
const answer = (source: DatagramSource | "pending" | null) => {
  b.adapter.events.datagramSource = () => source;
};
const settled = (known: boolean) => b.adapter.hca.sourceSettled(a.adapter.lid, a.qpn, known);

test("a program is told the names that the adapter's owner gives, in the completion and in the header", () => {
  answer(named);
  send();
  expect(received()).toEqual([{ srcQp: 77, slid: 0x1001, immediate: 0 }]);
  expect(b.bytes(8, 16)).toEqual(gidOf(0x1001 as Lid));
  expect(b.bytes(24, 16)).toEqual(gidOf(0x1002 as Lid));
});

test("datagrams wait for their sender's name, and then come in their order", () => {
  answer("pending");
  send(3);
  expect(received()).toEqual([]);
  answer(named);
  settled(true);
  expect(received().map((c) => c.immediate)).toEqual([0, 1, 2]);
  settled(true);
  expect(received()).toEqual([]);
});

test("what nobody has sent is delivered to nobody", () => {
  answer("pending");
  send(2);
  settled(false);
  answer(named);
  settled(true);
  expect(received()).toEqual([]);
  expect(b.adapter.hca.qpCounters(b.qpn).rx_unnamed).toBe(2);
});

test("there is room for some datagrams without a name only", () => {
  answer("pending");
  send(70);
  answer(named);
  settled(true);
  expect(received()).toHaveLength(64);
  expect(b.adapter.hca.qpCounters(b.qpn).rx_unnamed).toBe(6);
});

test("a queue pair that is frozen, or gone, when the name comes gets nothing", () => {
  answer("pending");
  send();
  b.adapter.hca.freeze(b.qpn);
  answer(named);
  settled(true);
  b.adapter.hca.thaw(b.qpn);
  expect(received()).toEqual([]);
});
