import { NomadError } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as pcapng from "./pcapng.ts";
import { BlockSplitter } from "./pcapng-blocks.ts";
import { AnyCaptureReader } from "./pcapng-classic.ts";
import { type CapturedFrame, PcapngReader } from "./pcapng-reader.ts";

const noComment = new Uint8Array();
const head: pcapng.PacketHead = {
  interface: 0,
  timeNs: 1_700_000_000_123_456_789n,
  direction: "in",
  comment: noComment,
};
const section = pcapng.sectionHeader({ application: "test", comment: "" });
const port = pcapng.interfaceDescription({ name: "host-a", description: "port 1" });

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function read(bytes: Uint8Array): { frames: CapturedFrame[]; dropped: number } {
  const reader = new AnyCaptureReader();
  const frames = reader.push(bytes);
  reader.end();
  return { frames, dropped: reader.dropped };
}

const anyPacket = fc.record({
  interface: fc.nat(2),
  timeNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  direction: fc.constantFrom(...pcapng.directions),
  comment: fc.string({ maxLength: 40 }),
  frame: fc.uint8Array({ maxLength: 90 }),
});

test("packets read back as written, however the file is cut into pieces", () => {
  const names = ["host-a", "host-b", "host-c"];
  const described = names.map((name) => pcapng.interfaceDescription({ name, description: "" }));
  fc.assert(
    fc.property(fc.array(anyPacket, { maxLength: 6 }), fc.integer({ min: 1, max: 200 }), (packets, pieceBytes) => {
      const blocks = packets.map((packet) =>
        pcapng.packetBlock({ ...packet, comment: new TextEncoder().encode(packet.comment) }, packet.frame),
      );
      const file = concat(section, ...described, ...blocks);
      const reader = new AnyCaptureReader();
      const frames: CapturedFrame[] = [];
      for (let at = 0; at < file.length; at += pieceBytes) frames.push(...reader.push(file.slice(at, at + pieceBytes)));
      reader.end();
      const expected = packets.map((packet) => ({
        ...packet,
        interface: names[packet.interface],
        wireBytes: packet.frame.length,
        linkType: 1,
        comment: packet.comment.toWellFormed(),
      }));
      expect(frames.map((frame) => ({ ...frame, frame: new Uint8Array(frame.frame) }))).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test("the blocks have the bytes that the format gives", () => {
  const block = pcapng.packetBlock({ ...head, interface: 1, timeNs: 0x0102030405060708n }, Uint8Array.of(9, 8, 7));
  expect(block.toHex()).toBe(
    ["06000000", "30000000", "01000000", "04030201", "08070605", "03000000", "03000000"].join("") +
      ["09080700", "02000400", "01000000", "00000000", "30000000"].join(""),
  );
});

test("statistics tell how many packets were dropped; the last of an interface counts", () => {
  const counted = (dropped: number) =>
    pcapng.interfaceStatistics({ interface: 0, timeNs: 1n, received: 9, accepted: 7, dropped });
  const { frames, dropped } = read(concat(section, port, counted(1), counted(3), section, port, counted(4)));
  expect([frames, dropped]).toEqual([[], 7]);
});

test("blocks of types that nobody knows are passed over", () => {
  const unknown = Uint8Array.of(0xad, 0x0b, 0, 0, 16, 0, 0, 0, 1, 2, 3, 4, 16, 0, 0, 0);
  expect(read(concat(section, unknown, port, pcapng.packetBlock(head, noComment))).frames).toHaveLength(1);
});

test("a big-endian section and other time units are read as well", () => {
  const words = (...values: number[]) => {
    const view = new DataView(new ArrayBuffer(4 * values.length));
    values.forEach((value, i) => {
      view.setUint32(4 * i, value);
    });
    return new Uint8Array(view.buffer);
  };
  const bigSection = words(0x0a0d0d0a, 28, 0x1a2b3c4d, 0x00010000, 0xffffffff, 0xffffffff, 28);
  const milliseconds = words(1, 32, 0x00010000, 0, 0x00090001, 0x03000000, 0, 32);
  const packet = words(6, 36, 0, 0, 5, 4, 60, 0xaabbccdd, 36);
  expect(read(concat(bigSection, milliseconds, packet)).frames).toMatchObject([
    { interface: "0", timeNs: 5_000_000n, wireBytes: 60, frame: Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd) },
  ]);
});

test.each([
  ["d4c3b2a1", 1000],
  ["4d3cb2a1", 1],
])("a classic pcap file with magic %s counts in %i ns", (magic, unit) => {
  const file = concat(
    Uint8Array.fromHex(`${magic}0200040000000000000000000000040001000000`),
    Uint8Array.fromHex("0200000007000000020000003c000000abcd"),
  );
  expect(read(file).frames).toMatchObject([{ timeNs: 2_000_000_000n + BigInt(7 * unit), wireBytes: 60, linkType: 1 }]);
});

test.each([
  ["an empty file", noComment, "empty"],
  ["text", new TextEncoder().encode("this is no capture at all"), "section header"],
  ["a file that ends inside a block", concat(section, port.subarray(0, -1)), "inside a block"],
  [
    "a packet of an interface that is not described",
    concat(section, pcapng.packetBlock(head, noComment)),
    "interface 0",
  ],
  ["lengths that differ", concat(section, port.with(port.length - 4, 4)), "differ"],
  ["a block longer than any", concat(section, Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 1)), "16777216 bytes"],
  ["a packet longer than its block", concat(section, port, pcapng.packetBlock(head, noComment).with(20, 99)), "longer"],
  ["a classic file that is cut", Uint8Array.fromHex("d4c3b2a1020004"), "ends inside"],
])("%s is refused with what is wrong", (_what, file, text) => {
  expect(() => read(file)).toThrow(
    expect.objectContaining({ code: "E_CAPTURE_FILE", message: expect.stringContaining(text) }),
  );
});

test("garbage of any kind is refused or read, and nothing else happens", () => {
  const good = concat(section, port, pcapng.packetBlock({ ...head, comment: Uint8Array.of(65) }, Uint8Array.of(1, 2)));
  const changed = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 })
    .map((changes) => {
      const bytes = good.slice();
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(NomadError);
      }
    }),
    { numRuns: 3000 },
  );
});

test("a reader of blocks alone gives them as they were", () => {
  const splitter = new BlockSplitter();
  const file = concat(section, port);
  const blocks = [...splitter.push(file.subarray(0, 40)), ...splitter.push(file.subarray(40))];
  expect(concat(...blocks.map(({ bytes }) => bytes))).toEqual(file);
  expect(() => new PcapngReader().end()).toThrow("empty");
});
