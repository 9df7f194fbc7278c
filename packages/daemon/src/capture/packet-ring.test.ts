import type { Lid, Qpn } from "@nomad/base";
import { opcodes, RC_ACK } from "@nomad/iba";
import { expect, test } from "vitest";
import { keptBytesMax, PacketRing } from "./packet-ring.ts";

const port = 0xbfff as Lid;
const put = (ring: PacketRing, number: number, length = 100) =>
  ring.put(
    new Uint8Array(length + 2).fill(number),
    2,
    length,
    number % 2 === 0 ? "out" : "in",
    port,
    number as Qpn,
    number,
  );

test("a ring remembers the packets that passed last, oldest first", () => {
  const ring = new PacketRing(4);
  for (let i = 1; i <= 3; i++) put(ring, i);
  expect([...ring.packets()].map(({ own }) => own)).toEqual([1, 2, 3]);
  for (let i = 4; i <= 10; i++) put(ring, i);
  expect([...ring.packets()].map(({ own, atMs, direction }) => [own, atMs, direction])).toEqual([
    [7, 7, "in"],
    [8, 8, "out"],
    [9, 9, "in"],
    [10, 10, "out"],
  ]);
});

test("of a packet its headers are kept, and how long it was", () => {
  const ring = new PacketRing(2);
  put(ring, RC_ACK, 10);
  put(ring, RC_ACK, 4096);
  const kept = [...ring.packets()].map(({ bytes, offset, length, wireBytes, port: seenAt }) => {
    const first = [...bytes.subarray(offset, offset + length)];
    return { length, wireBytes, seenAt, same: new Set(first).size === 1 && first[0] };
  });
  expect(kept).toEqual([
    { length: 10, wireBytes: 10, seenAt: port, same: RC_ACK },
    { length: 16, wireBytes: 4096, seenAt: port, same: RC_ACK },
  ]);
});

test("every header of every opcode is kept", () => {
  const needed = opcodes.map((opcode) => opcode?.headerBytes ?? 0);
  expect(Math.max(...needed)).toBeLessThanOrEqual(keptBytesMax);
});
