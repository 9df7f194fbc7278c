import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { Lid } from "@nomad/base";
import { gidOf, PKEY_DEFAULT } from "@nomad/iba";
import { beforeEach, describe, expect, test } from "vitest";
import type { PortState } from "./port.ts";
import { connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

const FULL = 0x8005;
const LIMITED = 0x0005;
const refused = expect.objectContaining({ code: "E_VERB" });
let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric, {}, { retryCnt: 1, timeout: 8 });
});

function sendOne(): number | undefined {
  b.rq.post({ id: 1n });
  a.post({ id: 1n, opcode: abi.WR_SEND });
  fabric.settle();
  return a.sendCq.drain()[0]?.status;
}

describe("partitions", () => {
  const assign = (end: Endpoint, pkey: number) => end.adapter.hca.setPkeys([PKEY_DEFAULT, pkey]);
  const use = (end: Endpoint, pkeyIndex: number) => {
    end.adapter.hca.modifyQp(end.qpn, { state: abi.QPS_SQD }, 0);
    end.adapter.hca.modifyQp(end.qpn, { pkeyIndex }, 0);
    end.adapter.hca.modifyQp(end.qpn, { state: abi.QPS_RTS }, 0);
  };

  test.each([
    ["full and full", FULL, FULL, true],
    ["full and limited", FULL, LIMITED, true],
    ["limited and limited", LIMITED, LIMITED, false],
    ["two of different partitions", FULL, 0x8006, false],
  ])("%s members", (_, mine, its, reach) => {
    assign(a, mine);
    assign(b, its);
    for (const end of [a, b]) use(end, 1);
    expect(sendOne()).toBe(reach ? abi.WC_SUCCESS : abi.WC_RETRY_EXC_ERR);
    const { badPkeyCntr } = b.adapter.hca.queryPort();
    expect(badPkeyCntr > 0).toBe(!reach);
  });

  test("a packet of another partition of the port does not reach the queue pair", () => {
    for (const end of [a, b]) assign(end, FULL);
    use(a, 1);
    expect(sendOne()).toBe(abi.WC_RETRY_EXC_ERR);
    expect(b.recvCq.drain()).toEqual([]);
  });

  test("queue pairs follow the table, whose change is told", () => {
    for (const end of [a, b]) end.adapter.hca.setPkeys([FULL]);
    expect(sendOne()).toBe(abi.WC_SUCCESS);
    b.adapter.hca.setPkeys([0x8009]);
    expect(sendOne()).toBe(abi.WC_RETRY_EXC_ERR);
    expect(b.adapter.events.async).toEqual(new Array(2).fill({ kind: "PKEY_CHANGE", port: 1 }));
  });

  test("an index without a partition is refused", () => {
    a.adapter.hca.setPkeys([PKEY_DEFAULT, 0]);
    a.adapter.hca.modifyQp(a.qpn, { state: abi.QPS_SQD }, 0);
    for (const pkeyIndex of [1, 2]) expect(() => a.adapter.hca.modifyQp(a.qpn, { pkeyIndex }, 0)).toThrow(refused);
  });

  test("the table is queried by index", () => {
    b.adapter.hca.setPkeys([PKEY_DEFAULT, LIMITED]);
    expect([b.adapter.hca.queryPkey(1), b.adapter.hca.queryPkey(0)]).toEqual([LIMITED, PKEY_DEFAULT]);
    expect(() => b.adapter.hca.queryPkey(2)).toThrow(refused);
  });
});

describe("a port that is not active", () => {
  test.each([abi.PORT_DOWN, abi.PORT_INIT, abi.PORT_ARMED] as const)("in state %i takes nothing", (state) => {
    b.adapter.hca.setPortState(state);
    expect(sendOne()).toBe(abi.WC_RETRY_EXC_ERR);
    expect(b.adapter.hca.counters.port_rcv_discards).toBeGreaterThan(0);
  });

  test("sends nothing", () => {
    a.adapter.hca.setPortState(abi.PORT_DOWN);
    expect(sendOne()).toBe(abi.WC_RETRY_EXC_ERR);
    const { port_xmit_packets, port_xmit_discards } = a.adapter.hca.counters;
    expect([port_xmit_packets, port_xmit_discards]).toEqual([0, 2]);
  });

  test("tells when it fails and when it is active again, and what was lost meanwhile is sent again", () => {
    a.adapter.hca.setPortState(abi.PORT_DOWN);
    b.rq.post({ id: 1n });
    a.post({ id: 1n, opcode: abi.WR_SEND });
    fabric.settle(1);
    a.adapter.hca.setPortState(abi.PORT_INIT);
    a.adapter.hca.setPortState(abi.PORT_ACTIVE);
    fabric.settle();
    expect(a.sendCq.drain()).toMatchObject([{ status: 0 }]);
    expect(a.adapter.events.async).toEqual([
      { kind: "PORT_ERR", port: 1 },
      { kind: "PORT_ACTIVE", port: 1 },
    ]);
  });
});

test("a port tells what it is", () => {
  const { hca } = a.adapter;
  expect(hca.queryPort()).toEqual({
    state: abi.PORT_ACTIVE,
    lid: 1,
    maxMtu: abi.MTU_4096,
    activeMtu: abi.MTU_4096,
    maxMsgSz: 2 ** 31,
    gidTblLen: 1,
    pkeyTblLen: 1,
    badPkeyCntr: 0,
    qkeyViolCntr: 0,
  });
  expect(() => hca.queryPort(2)).toThrow(refused);
});

test("global identifiers are assigned, queried, and their change is told", () => {
  const { hca } = a.adapter;
  expect(hca.queryGid(0)).toEqual(gidOf(1 as Lid));
  hca.setGids([gidOf(1 as Lid), gidOf(9 as Lid)]);
  expect(hca.queryGid(1)).toEqual(gidOf(9 as Lid));
  expect(a.adapter.events.async).toEqual([{ kind: "GID_CHANGE", port: 1 }]);
  expect(() => hca.queryGid(2)).toThrow(refused);
});

test("tables and states that cannot be are refused", () => {
  const { hca } = a.adapter;
  expect(() => hca.setPkeys([])).toThrow(refused);
  expect(() => hca.setPkeys([0x10000])).toThrow(refused);
  expect(() => hca.setGids([new Uint8Array(15)])).toThrow(refused);
  expect(() => hca.setPortState(0 as PortState)).toThrow(refused);
});
