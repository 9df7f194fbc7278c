import { crc32 } from "node:zlib";
import type { Lid } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { opcodes } from "./opcode.ts";
import { checkFrameIcrc, FRAME_HEADER_BYTES, parseRoceFrame, type RoceFrame, writeRoceFrame } from "./roce-frame.ts";
import { type Sample, samplePacket } from "./testing/sample-packets.ts";

const samples = opcodes.filter((opcode) => opcode !== undefined).map((opcode) => samplePacket(opcode, crc32));
const first = samples[0] as Sample;

function frameOf({ packet, slid, dlid }: Sample): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + packet.length);
  expect(writeRoceFrame(frame, 0, packet, 0, packet.length, slid, dlid)).toBe(frame.length);
  return frame;
}

/** CRC-32 of IEEE 802.3 as polynomial division, high bit first, over bits that are reversed on both sides. */
function divided(bytes: readonly number[]): number {
  const reflected = (value: number, bits: number) => {
    let result = 0;
    for (let i = 0; i < bits; i++) if (value & (1 << i)) result |= 1 << (bits - 1 - i);
    return result >>> 0;
  };
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = (remainder >>> 31) ^ ((reflected(byte, 8) >>> bit) & 1);
      remainder = ((remainder << 1) ^ (top ? 0x04c11db7 : 0)) >>> 0;
    }
  }
  return reflected(~remainder >>> 0, 32);
}

/** The pseudo packet of annex A17, each byte by what it is, from the packet and the two ports alone. */
function pseudoPacket({ packet, slid, dlid, destQpn }: Sample): number[] {
  const u16 = (value: number) => [value >>> 8, value & 0xff];
  const udpBytes = 8 + packet.length;
  const sourcePort = 0xc000 | ((destQpn ^ (destQpn >>> 14)) & 0x3fff);
  const covered = [...packet.subarray(0, -4)];
  covered[4] = 0xff;
  return [
    ...[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ...[0x45, 0xff, ...u16(20 + udpBytes), 0, 0, 0x40, 0, 0xff, 17, 0xff, 0xff],
    ...[10, 0, ...u16(slid), 10, 0, ...u16(dlid)],
    ...[...u16(sourcePort), ...u16(4791), ...u16(udpBytes), 0xff, 0xff],
    ...covered,
  ];
}

test.each(samples.map((sample) => [sample.opcode.name, sample] as const))(
  "the ICRC of %s is right by another computation, and its frame carries it unchanged",
  (_name, sample) => {
    const frame = frameOf(sample);
    expect(frame.subarray(FRAME_HEADER_BYTES)).toEqual(sample.packet);
    const icrc = new DataView(frame.buffer).getUint32(frame.length - 4, true);
    expect(icrc).toBe(divided(pseudoPacket(sample)));
    expect(checkFrameIcrc(crc32, frame, parseRoceFrame(frame) as RoceFrame)).toBe("ok");
  },
);

test("a frame goes from one port's MAC and address to the other's, and its IPv4 checksum is right", () => {
  const frame = frameOf(first);
  expect([...frame.subarray(0, 14)]).toEqual([2, 0, 0, 0, 3, 4, 2, 0, 0, 0, 1, 2, 8, 0]);
  const view = new DataView(frame.buffer);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
  expect(parseRoceFrame(frame)).toEqual({
    ipOffset: 14,
    packetOffset: FRAME_HEADER_BYTES,
    packetBytes: first.packet.length,
    source: 0x0a000102,
    destination: 0x0a000304,
  });
});

test("a packet that changed on its way has a bad ICRC, one that was sent without has none", () => {
  const frame = frameOf(first);
  const verdict = () => checkFrameIcrc(crc32, frame, parseRoceFrame(frame) as RoceFrame);
  frame[frame.length - 5] = (frame[frame.length - 5] as number) ^ 1;
  expect(verdict()).toBe("bad");
  frame.fill(0, frame.length - 4);
  expect(verdict()).toBe("off");
});

test("what routers may change is not covered", () => {
  const frame = frameOf(first);
  for (const at of [14 + 1, 14 + 8, 14 + 10, 14 + 11, 34 + 6, 34 + 7, FRAME_HEADER_BYTES + 4]) frame[at] = 0x5a;
  expect(checkFrameIcrc(crc32, frame, parseRoceFrame(frame) as RoceFrame)).toBe("ok");
});

test("bytes too few to be a packet are framed all the same", () => {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + 3);
  expect(writeRoceFrame(frame, 0, Uint8Array.of(9, 1, 2, 3), 1, 3, 1 as Lid, 2 as Lid)).toBe(frame.length);
  expect(parseRoceFrame(frame)).toMatchObject({ packetBytes: 3 });
  expect([...frame.subarray(-3)]).toEqual([1, 2, 3]);
});

test.each([
  ["another EtherType", 12, 0x86, "not-ipv4"],
  ["IPv6 in an IPv4 frame", 14, 0x65, "not-ipv4"],
  ["an IPv4 header of 16 bytes", 14, 0x44, "ip-length"],
  ["a fragment", 14 + 6, 0x20, "fragment"],
  ["TCP", 14 + 9, 6, "not-udp"],
  ["another port", 34 + 2, 0, "not-roce"],
  ["a UDP length that does not fit", 34 + 4, 0x7f, "udp-length"],
])("%s is told as what it is", (_what, at, value, fault) => {
  const frame = frameOf(first);
  frame[at] = value;
  expect(parseRoceFrame(frame)).toBe(fault);
});

test("a frame cut anywhere is cut", () => {
  const frame = frameOf(first);
  for (let length = 0; length < frame.length; length++) expect(parseRoceFrame(frame.subarray(0, length))).toBe("cut");
});

test("any bytes either are no RoCEv2 or hold a packet that lies inside them", () => {
  const frame = frameOf(first);
  const changes = fc.array(fc.tuple(fc.nat(frame.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  fc.assert(
    fc.property(changes, fc.nat(frame.length), (bytes, length) => {
      const changed = frame.slice(0, length);
      for (const [at, value] of bytes) changed[at] = value;
      const parts = parseRoceFrame(changed);
      if (typeof parts !== "string") expect(parts.packetOffset + parts.packetBytes).toBeLessThanOrEqual(length);
    }),
    { numRuns: 1000 },
  );
});
