import type { Lid, Qpn } from "@nomad/base";
import { expect, test } from "vitest";
import { ipv4Of, sourcePort, writeRoceHeader } from "./roce.ts";

test("the header in front of a packet is a valid IPv4 and UDP header to port 4791", () => {
  const bytes = new Uint8Array(28);
  writeRoceHeader(bytes, 0, 0x0102 as Lid, 3 as Lid, 5 as Qpn, 1000);
  const view = new DataView(bytes.buffer);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += view.getUint16(i);
  expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
  expect([view.getUint16(2), view.getUint16(4), view.getUint16(6)]).toEqual([1028, 0, 0x4000]);
  expect([bytes[8], bytes[9]]).toEqual([64, 17]);
  expect([...bytes.subarray(12, 20)]).toEqual([10, 0, 1, 2, 10, 0, 0, 3]);
  expect([view.getUint16(20), view.getUint16(22), view.getUint16(24)]).toEqual([0xc005, 4791, 1008]);
});

test("a port's address follows from its LID, and a flow's source port from the queue pair it goes to", () => {
  expect(ipv4Of(0xfffe as Lid)).toEqual([10, 0, 255, 254]);
  for (const qpn of [0, 1, 0x3fff, 0x4000, 0xffffff]) {
    expect(sourcePort(qpn as Qpn)).toBeGreaterThanOrEqual(0xc000);
    expect(sourcePort(qpn as Qpn)).toBeLessThanOrEqual(0xffff);
  }
});
