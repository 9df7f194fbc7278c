import { crc32 } from "node:zlib";
import type { Lid, Psn, Qpn } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { writeBth } from "./header.ts";
import { Icrc } from "./icrc.ts";
import { ROCE_HEADER_BYTES, writeRoceHeader } from "./roce.ts";
import { slowIcrc } from "./testing/slow-icrc.ts";

const icrc = new Icrc(crc32);
const slid = 0x0102 as Lid;
const dlid = 0x0a0b as Lid;

/** By the rule spelt out, over the datagram as it is sent. */
function expectedIcrc(packet: Uint8Array): number {
  const datagram = new Uint8Array(ROCE_HEADER_BYTES + packet.length);
  const destQpn = ((packet[5] as number) << 16) | ((packet[6] as number) << 8) | (packet[7] as number);
  writeRoceHeader(datagram, 0, slid, dlid, destQpn as Qpn, packet.length);
  datagram.set(packet, ROCE_HEADER_BYTES);
  return slowIcrc(datagram);
}

function packetOf(payload: Uint8Array, qpn: number): Uint8Array {
  const packet = new Uint8Array(12 + payload.length + 4);
  writeBth(packet, 0, 4, false, 0, qpn as Qpn, true, 77 as Psn);
  packet.set(payload, 12);
  return packet;
}

test("the ICRC equals a slow reference, for small and large packets", () => {
  const words = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 60, max: 1024 }));
  fc.assert(
    fc.property(words, fc.integer({ min: 0, max: 0xffffff }), fc.integer(), (count, qpn, seed) => {
      const payload = new Uint8Array(count * 4).map((_, i) => (i * seed) >>> 3);
      const packet = packetOf(payload, qpn);
      expect(icrc.compute(packet, 0, packet.length, slid, dlid)).toBe(expectedIcrc(packet));
    }),
    { numRuns: 60 },
  );
});

test("flows whose headers are kept in the same place do not disturb each other", () => {
  const packet = packetOf(Uint8Array.of(1, 2, 3, 4), 9);
  const alone = new Map<Lid, number>();
  for (let lid = 1; lid <= 0x400; lid++) {
    alone.set(lid as Lid, new Icrc(crc32).compute(packet, 0, packet.length, slid, lid as Lid));
  }
  for (const [lid, value] of alone) expect(icrc.compute(packet, 0, packet.length, slid, lid)).toBe(value);
  for (const [lid, value] of alone) expect(icrc.compute(packet, 0, packet.length, slid, lid)).toBe(value);
});

test("a written ICRC is right, lies little-endian behind the packet, and any changed bit makes it wrong", () => {
  const packet = packetOf(Uint8Array.of(1, 2, 3, 4), 0x123456);
  icrc.write(packet, 0, packet.length, slid, dlid);
  expect(new DataView(packet.buffer).getUint32(packet.length - 4, true)).toBe(expectedIcrc(packet));
  expect(icrc.check(packet, 0, packet.length, slid, dlid)).toBe(true);
  for (let bit = 0; bit < packet.length * 8; bit++) {
    if (bit >> 3 === 4) continue;
    const changed = packet.slice();
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(icrc.check(changed, 0, changed.length, slid, dlid)).toBe(false);
  }
});

test("the byte that switches may change in transit is not covered", () => {
  const packet = packetOf(new Uint8Array(8), 9);
  icrc.write(packet, 0, packet.length, slid, dlid);
  packet[4] = 0x80;
  expect(icrc.check(packet, 0, packet.length, slid, dlid)).toBe(true);
});

test("a packet between other ports than those it names is refused", () => {
  const packet = packetOf(new Uint8Array(8), 9);
  icrc.write(packet, 0, packet.length, slid, dlid);
  expect(icrc.check(packet, 0, packet.length, dlid, slid)).toBe(false);
});
