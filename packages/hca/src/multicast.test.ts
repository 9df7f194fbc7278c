import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { Lid } from "@nomad/base";
import { beforeEach, expect, test } from "vitest";
import { bringUpDatagrams, datagramPair, Endpoint, QKEY } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

const MLID = 0xc001 as Lid;
const MGID = Uint8Array.from([0xff, 0x12, ...new Array<number>(13).fill(0), 1]);
let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;
let c: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = datagramPair(fabric);
  c = new Endpoint(b.adapter, { type: abi.QPT_UD });
  bringUpDatagrams(c);
});

const attach = (end: Endpoint) => end.adapter.hca.attachMcast(end.qpn, MGID, MLID);
const detach = (end: Endpoint) => end.adapter.hca.detachMcast(end.qpn, MGID, MLID);

/** Sends one datagram from `a` to the group; who got it. */
function send(inline = Uint8Array.of(5), qkey = QKEY): Endpoint[] {
  for (const end of [a, b, c]) end.rq.post({ id: 1n, sges: [end.sge(0, 100)] });
  const ah = a.adapter.hca.createAh({ pd: a.pd, dlid: MLID, isGlobal: true, dgid: MGID });
  a.post({ id: 1n, opcode: abi.WR_SEND, inline, ud: { ah, qkey } });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
  return [a, b, c].filter((end) => end.recvCq.drain().length > 0);
}

test("a datagram to a group reaches every queue pair in it, on whatever port, and no other", () => {
  attach(b);
  expect(send()).toEqual([b]);
  attach(c);
  expect(send()).toEqual([b, c]);
  expect(b.adapter.hca.counters.multicast_rcv_packets).toBe(3);
  expect(a.adapter.hca.counters.multicast_xmit_packets).toBe(2);
});

test("members on the sender's own port get it too, the sender included", () => {
  attach(a);
  expect(send()).toEqual([a]);
  expect([...a.bytes(abi.GRH_BYTES, 1)]).toEqual([5]);
});

test("the global route header names the group", () => {
  attach(b);
  send();
  expect(b.bytes(24, 16)).toEqual(MGID);
});

test("a member with another Q_Key drops it", () => {
  attach(b);
  attach(c);
  b.adapter.hca.modifyQp(b.qpn, { qkey: 77 }, 0);
  expect(send()).toEqual([c]);
  expect(b.adapter.hca.counters.qkey_viol_cntr).toBe(1);
});

test("who has left gets nothing more, and whoever is not in cannot leave", () => {
  attach(b);
  detach(b);
  expect(send()).toEqual([]);
  expect(() => detach(b)).toThrow(expect.objectContaining({ code: "E_VERB" }));
});

test("to join twice is to join once", () => {
  attach(b);
  attach(b);
  expect(send()).toEqual([b]);
  detach(b);
  expect(send()).toEqual([]);
});

test("a queue pair in a group cannot be destroyed", () => {
  attach(b);
  expect(() => b.adapter.hca.destroyQp(b.qpn)).toThrow(expect.objectContaining({ code: "E_BUSY" }));
  detach(b);
  b.adapter.hca.destroyQp(b.qpn);
});

test("only datagram queue pairs join, and only under addresses of groups that agree", () => {
  const refused = expect.objectContaining({ code: "E_VERB" });
  const { hca } = b.adapter;
  const rc = new Endpoint(b.adapter);
  expect(() => hca.attachMcast(rc.qpn, MGID, MLID)).toThrow(refused);
  expect(() => hca.attachMcast(b.qpn, MGID, 0xbfff)).toThrow(refused);
  expect(() => hca.attachMcast(b.qpn, new Uint8Array(16), MLID)).toThrow(refused);
  attach(b);
  const other = MGID.with(15, 9);
  expect(() => hca.attachMcast(c.qpn, other, MLID)).toThrow(refused);
  expect(() => hca.detachMcast(b.qpn, other, MLID)).toThrow(refused);
});

test("a packet to a group that is corrupted is dropped by all", () => {
  attach(b);
  attach(c);
  fabric.filter = (packet) => {
    packet[20] = (packet[20] as number) ^ 1;
    return true;
  };
  expect(send()).toEqual([]);
  expect(b.adapter.hca.counters.rx_icrc_encapsulated).toBe(1);
});
