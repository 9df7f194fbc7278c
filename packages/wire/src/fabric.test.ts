import type { Lid, Qpn } from "@nomad/base";
import { expect, test } from "vitest";
import { Fabric } from "./fabric.ts";
import { memoryLinkPair } from "./memory-link.ts";
import type { PacketTap } from "./tap.ts";
import { VirtualScheduler } from "./testing/virtual-scheduler.ts";

const here = 1 as Lid;
const there = 2 as Lid;
const from = 0x77 as Qpn;

function recorder(seen: string[]): PacketTap {
  const text = (bytes: Uint8Array, offset: number, length: number) => [...bytes.subarray(offset, offset + length)];
  return {
    sent: (bytes, offset, length, dlid, qpn) => seen.push(`${qpn} to ${dlid}: ${text(bytes, offset, length)}`),
    received: (bytes, offset, length, slid) => seen.push(`from ${slid}: ${text(bytes, offset, length)}`),
  };
}

function twoFabrics() {
  const scheduler = new VirtualScheduler();
  const delivered: number[] = [];
  const events = { onFrame: () => {}, onFrameEnd: () => {}, onWritable: () => {} };
  const a = new Fabric({ ...events, onPacket: () => {} });
  const b = new Fabric({ ...events, onPacket: (_bytes, _offset, length) => delivered.push(length) });
  const pair = memoryLinkPair({ scheduler, bufferedBytesMax: 1 << 20 });
  a.join(there, pair.a);
  b.join(here, pair.b);
  while (scheduler.step());
  const send = (to: Lid, ...packet: number[]) => {
    const slot = a.reserve(to, packet.length);
    slot?.bytes.set(packet, slot.offset);
    a.commit(packet.length, from);
    a.flush();
    while (scheduler.step());
  };
  return { a, b, delivered, send };
}

test("a tap sees every packet as it leaves and as it comes, and does not hold it up", () => {
  const { a, b, delivered, send } = twoFabrics();
  const [sent, received]: [string[], string[]] = [[], []];
  a.tap = recorder(sent);
  b.tap = recorder(received);
  send(there, 1, 2, 3);
  send(there, 4);
  expect(sent).toEqual(["119 to 2: 1,2,3", "119 to 2: 4"]);
  expect(received).toEqual(["from 1: 1,2,3", "from 1: 4"]);
  expect(delivered).toEqual([3, 1]);
});

test("a packet to a port that nobody has is seen as it leaves", () => {
  const { a, send } = twoFabrics();
  const sent: string[] = [];
  a.tap = recorder(sent);
  send(9 as Lid, 5);
  expect(sent).toEqual(["119 to 9: 5"]);
});

test("a tap taken off sees nothing more", () => {
  const { a, delivered, send } = twoFabrics();
  const sent: string[] = [];
  a.tap = recorder(sent);
  a.tap = null;
  send(there, 1);
  expect([sent, delivered]).toEqual([[], [1]]);
});

test("a packet to a multicast group goes to every other port, with the group's LID, and not back to its own", () => {
  const scheduler = new VirtualScheduler();
  const group = 0xc001 as Lid;
  const seen: string[] = [];
  const fabrics = [1, 2, 3].map(
    (own) =>
      new Fabric({
        onFrame: () => {},
        onFrameEnd: () => {},
        onWritable: () => {},
        onPacket: (bytes, offset, _length, slid, mlid) => seen.push(`${own}: ${bytes[offset]} from ${slid} to ${mlid}`),
      }),
  ) as [Fabric, Fabric, Fabric];
  const [first, ...others] = fabrics;
  const options = { scheduler, bufferedBytesMax: 1 << 20 };
  const own = memoryLinkPair(options);
  first.join(here, own.a, own.b);
  for (const [i, other] of others.entries()) {
    const pair = memoryLinkPair(options);
    first.join((i + 2) as Lid, pair.a);
    other.join(here, pair.b);
  }
  while (scheduler.step());
  const slot = first.reserve(group, 4);
  slot?.bytes.set([9, 8, 7, 6], slot.offset);
  first.commit(4, from);
  first.flush();
  while (scheduler.step());
  expect(seen).toEqual(["2: 9 from 1 to 49153", "3: 9 from 1 to 49153"]);
});

test("a link that is made when a packet needs it carries that packet, and is made once", () => {
  const scheduler = new VirtualScheduler();
  const [asked, seen]: [Lid[], number[]] = [[], []];
  const events = { onFrame: () => {}, onFrameEnd: () => {}, onWritable: () => {} };
  const b = new Fabric({ ...events, onPacket: (bytes, offset) => seen.push(bytes[offset] as number) });
  const a = new Fabric({
    ...events,
    onPacket: () => {},
    onUnreached: (dlid) => {
      asked.push(dlid);
      const pair = memoryLinkPair({ scheduler, bufferedBytesMax: 1 << 20, up: true });
      a.join(dlid, pair.a);
      b.join(here, pair.b);
    },
  });
  for (const byte of [7, 8]) {
    const slot = a.reserve(there, 1);
    slot?.bytes.set([byte], slot.offset);
    a.commit(1, from);
    a.flush();
    while (scheduler.step());
  }
  expect([asked, seen]).toEqual([[there], [7, 8]]);
});
