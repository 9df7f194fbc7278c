import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import * as iba from "@nomad/iba";
import { beforeEach, expect, test } from "vitest";
import { connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  // What a test changes in a packet is not found out by its ICRC.
  fabric = new Fabric({ crc32, icrc: false });
  [a, b] = connectedPair(fabric);
});

/** Lets a test change each packet with this opcode on its way. */
function change(opcode: number, edit: (packet: Uint8Array) => void): void {
  fabric.filter = (packet) => {
    if (packet[0] === opcode) edit(packet);
    return true;
  };
}

const stateOf = (endpoint: Endpoint) => endpoint.adapter.hca.queryQp(endpoint.qpn).state;
const syndromeAt = iba.opcodeOf(iba.RC_ACK).at.aeth as number;

test.each([
  ["an invalid request", iba.NAK_INVALID_REQUEST, abi.WC_REM_INV_REQ_ERR],
  ["a remote access error", iba.NAK_REMOTE_ACCESS_ERROR, abi.WC_REM_ACCESS_ERR],
  ["a remote operational error", iba.NAK_REMOTE_OPERATIONAL_ERROR, abi.WC_REM_OP_ERR],
  ["an invalid RD request", iba.NAK_INVALID_RD_REQUEST, abi.WC_REM_INV_RD_REQ_ERR],
])("a NAK that says %s fails the work request and the queue pair", (_, code, status) => {
  change(iba.RC_ACK, (packet) => {
    packet[syndromeAt] = iba.nakSyndrome(code);
  });
  b.rq.post({ id: 1n });
  a.post({ id: 1n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(a.sendCq.drain().map((wc) => wc.status)).toEqual([status]);
  expect(stateOf(a)).toBe(abi.QPS_ERR);
});

test.each([
  ["a reserved NAK code", iba.nakSyndrome(31)],
  ["a reserved kind of syndrome", 0x40],
])("an acknowledgement with %s says nothing: the request is sent again until one can be read", (_, syndrome) => {
  let spoilt = 0;
  change(iba.RC_ACK, (packet) => {
    if (spoilt++ < 2) packet[syndromeAt] = syndrome;
  });
  b.rq.post({ id: 1n });
  a.post({ id: 1n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
  expect(spoilt).toBe(3);
});

test("a READ response that is shorter than what was asked for is a bad response", () => {
  // One byte of the payload becomes padding.
  change(iba.RC_READ_RESPONSE_ONLY, (packet) => {
    packet[1] = (packet[1] as number) | 0x10;
  });
  a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 8)], remoteAddress: b.data, rkey: b.region.rkey });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_BAD_RESP_ERR }]);
  expect(stateOf(a)).toBe(abi.QPS_ERR);
});
