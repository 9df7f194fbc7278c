import { limits } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FramePool, FrameWriter, forEachPacket } from "./frame.ts";
import { memoryLinkPair } from "./memory-link.ts";
import { VirtualScheduler } from "./testing/virtual-scheduler.ts";

/** A writer onto a link in memory, and what arrives at the other end. */
function setUp(bufferedBytesMax = 16 * 1024 * 1024) {
  const scheduler = new VirtualScheduler();
  const pair = memoryLinkPair({ scheduler, bufferedBytesMax });
  const pool = new FramePool();
  const frames: Uint8Array[] = [];
  pair.b.onFrame = (frame) => frames.push(Uint8Array.from(frame));
  const settle = () => {
    while (scheduler.step());
  };
  settle();
  return { pair, pool, frames, settle, writer: new FrameWriter(pair.a, pool) };
}

function write(writer: FrameWriter, packet: Uint8Array, reserve = packet.length): boolean {
  const slot = writer.reserve(reserve);
  if (slot === null) return false;
  slot.bytes.set(packet, slot.offset);
  writer.commit(packet.length);
  return true;
}

function packetsOf(frame: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  expect(forEachPacket(frame, (bytes, offset, length) => packets.push(bytes.slice(offset, offset + length)))).toBe(
    true,
  );
  return packets;
}

const packetBytes = fc.uint8Array({ minLength: 1, maxLength: 300 });

test("packets come out of their frames as they went in", () => {
  fc.assert(
    fc.property(fc.array(packetBytes, { minLength: 1, maxLength: 100 }), (packets) => {
      const { writer, frames, settle } = setUp();
      for (const packet of packets) expect(write(writer, packet, limits.packetBytesMax)).toBe(true);
      writer.flush();
      settle();
      expect(frames.flatMap(packetsOf)).toEqual(packets);
    }),
    { numRuns: 30 },
  );
});

test("several packets share a frame, each aligned to four bytes", () => {
  const { writer, frames, settle } = setUp();
  for (const size of [1, 2, 3, 4, 5]) write(writer, new Uint8Array(size).fill(size));
  writer.flush();
  settle();
  expect(frames.length).toBe(1);
  forEachPacket(frames[0] as Uint8Array, (_, offset) => expect(offset % 4).toBe(0));
});

test("a frame of many little packets leaves long before it is full", () => {
  const { writer, frames, settle } = setUp();
  for (let i = 0; i < 64; i++) write(writer, Uint8Array.of(i));
  settle();
  expect(frames.map((frame) => packetsOf(frame).length)).toEqual([22, 22]);
  writer.flush();
  settle();
  expect(frames.flatMap(packetsOf).map(([first]) => first)).toEqual(Array.from({ length: 64 }, (_, i) => i));
});

test("a full frame leaves by itself", () => {
  const { writer, frames, settle } = setUp();
  for (let i = 0; i < 16; i++) write(writer, new Uint8Array(limits.packetBytesMax));
  settle();
  expect(frames.length).toBe(1);
  writer.flush();
  settle();
  expect(frames.map((frame) => packetsOf(frame).length)).toEqual([15, 1]);
});

test("a slot that was reserved and not committed leaves nothing behind", () => {
  const { writer, frames, settle } = setUp();
  write(writer, Uint8Array.of(1));
  expect(writer.reserve(100)).not.toBeNull();
  writer.flush();
  settle();
  expect(packetsOf(frames[0] as Uint8Array)).toEqual([Uint8Array.of(1)]);
});

test("a buffer is used again after the link has given it back, and its old bytes do not show", () => {
  const { writer, frames, settle, pool } = setUp();
  write(writer, new Uint8Array(64).fill(255));
  writer.flush();
  settle();
  expect(pool.spare).toBe(1);
  write(writer, Uint8Array.of(1));
  expect(pool.spare).toBe(0);
  writer.flush();
  settle();
  expect(packetsOf(frames[1] as Uint8Array)).toEqual([Uint8Array.of(1)]);
});

test("a link that is full gives no room, until it is writable again", () => {
  const { writer, settle, pair } = setUp(100_000);
  let written = 0;
  while (write(writer, new Uint8Array(4096))) written++;
  expect(written).toBe(30);
  let writable = false;
  pair.a.onWritable = () => {
    writable = true;
  };
  settle();
  expect(writable).toBe(true);
  expect(write(writer, new Uint8Array(4096))).toBe(true);
});

test("packets written while the link is down are lost, as on an unplugged cable", () => {
  const { writer, frames, settle, pair } = setUp();
  pair.cut();
  expect(write(writer, Uint8Array.of(1))).toBe(true);
  writer.flush();
  pair.mend();
  write(writer, Uint8Array.of(2));
  writer.flush();
  settle();
  expect(frames.flatMap(packetsOf)).toEqual([Uint8Array.of(2)]);
  expect(pair.a.counters.framesDropped).toBe(1);
});

test("garbage is refused whole, or is a sequence of valid packets, and never throws", () => {
  const header = fc.tuple(fc.nat(400), fc.constantFrom(0, 0, 0, 1)).map(([length, zero]) => {
    const bytes = new Uint8Array(4 + length);
    new DataView(bytes.buffer).setUint16(0, length, true);
    bytes[2] = zero;
    return bytes;
  });
  const garbage = fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), header), { maxLength: 8 });
  fc.assert(
    fc.property(garbage, (parts) => {
      const frame = Uint8Array.from(parts.flatMap((part) => [...part]));
      let end = 0;
      let calls = 0;
      const valid = forEachPacket(frame, (_, offset, length) => {
        calls++;
        expect(offset).toBe(end + 4);
        expect(length).toBeGreaterThan(0);
        end = offset + ((length + 3) & ~3);
      });
      expect(end).toBe(valid ? frame.length : 0);
      if (!valid) expect(calls).toBe(0);
    }),
  );
});

const malformed: [string, number[]][] = [
  ["an empty frame", []],
  ["a frame shorter than a prefix", [1, 0, 0]],
  ["a packet of no bytes", [0, 0, 0, 0]],
  ["a packet that ends beyond the frame", [5, 0, 0, 0, 1, 2, 3, 4]],
  ["a prefix with a reserved bit", [4, 0, 0, 1, 1, 2, 3, 4]],
  ["padding that is not zero", [3, 0, 0, 0, 1, 2, 3, 4]],
  ["bytes after the last packet", [4, 0, 0, 0, 1, 2, 3, 4, 9]],
  ["a packet above the limit", [0x44, 0x10, 0, 0, ...new Array<number>(0x1044).fill(0)]],
];

test.each(malformed)("%s is refused", (_, bytes) => {
  expect(forEachPacket(Uint8Array.from(bytes), () => expect.unreachable())).toBe(false);
});
