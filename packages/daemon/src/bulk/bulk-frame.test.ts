import { crc32 } from "node:zlib";
import { PAGE_BYTES } from "@nomad/abi";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BulkHeader,
  decodeFrame,
  encodeControl,
  encodePages,
  frameBufferBytes,
  frameLeadBytes,
  framePagesMax,
  moveKey,
} from "./bulk-frame.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const header: BulkHeader = { type: "pages", move: moveKey("move-1"), round: 2, sequence: 5, count: 1 };

function pagesFrame(pages: readonly number[], fields: Partial<BulkHeader> = {}): Uint8Array {
  const buffer = new Uint8Array(frameBufferBytes);
  for (const [i, page] of pages.entries()) {
    buffer.fill(page, frameLeadBytes + i * PAGE_BYTES, frameLeadBytes + (i + 1) * PAGE_BYTES);
  }
  return encodePages(buffer, { ...header, count: pages.length, ...fields }, pages, crc32);
}

test("frames with pages come out as they went in", () => {
  fc.assert(
    fc.property(fc.array(u32, { minLength: 1, maxLength: framePagesMax }), u32, u32, (pages, round, sequence) => {
      const frame = decodeFrame(pagesFrame(pages, { round, sequence }), crc32);
      expect(frame).toMatchObject({ type: "pages", move: header.move, round, sequence, count: pages.length, pages });
      const { data } = frame as Exclude<typeof frame, string>;
      expect(data.length).toBe(pages.length * PAGE_BYTES);
      for (const [i, page] of pages.entries()) expect(data[(i + 1) * PAGE_BYTES - 1]).toBe(page & 0xff);
    }),
    { numRuns: 30 },
  );
});

test.each(["round-end", "applied"] as const)("a frame of type %s comes out as it went in", (type) => {
  const frame = decodeFrame(encodeControl({ ...header, type, count: 70_000 }, crc32), crc32);
  expect(frame).toMatchObject({ ...header, type, count: 70_000, pages: [] });
});

test("a frame with any one bit flipped is refused", () => {
  const frame = pagesFrame([17, 99]);
  fc.assert(
    fc.property(fc.nat(frame.length - 1), fc.nat(7), (at, bit) => {
      const flipped = Uint8Array.from(frame);
      flipped[at] = (flipped[at] as number) ^ (1 << bit);
      expect(decodeFrame(flipped, crc32)).toBeTypeOf("string");
    }),
  );
});

test("garbage is refused, and never throws, also behind a header that is right", () => {
  const start = fc.constantFrom(new Uint8Array(0), encodeControl({ ...header, type: "applied" }, crc32));
  fc.assert(
    fc.property(start, fc.uint8Array({ minLength: 1, maxLength: 100 }), (prefix, bytes) => {
      expect(decodeFrame(Uint8Array.of(...prefix, ...bytes), crc32)).toBeTypeOf("string");
    }),
  );
});

test("a frame that is cut short is refused", () => {
  const frame = pagesFrame([17, 99]);
  fc.assert(
    fc.property(fc.nat(frame.length - 1), (length) => {
      expect(decodeFrame(frame.subarray(0, length), crc32)).toBeTypeOf("string");
    }),
  );
});

/** A frame whose header was altered and whose CRC is right all the same. */
function forged(alter: (view: DataView) => void): Uint8Array {
  const bytes = Uint8Array.from(pagesFrame([17]));
  const view = new DataView(bytes.buffer);
  alter(view);
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

describe("with a right CRC", () => {
  test.each<[string, (view: DataView) => void, RegExp]>([
    ["another magic", (view) => view.setUint8(0, 0), /not a bulk frame/],
    ["another version", (view) => view.setUint16(8, 9, true), /version 9/],
    ["an unknown type", (view) => view.setUint16(10, 3, true), /unknown type 3/],
    ["no pages", (view) => view.setUint32(36, 0, true), /0 pages/],
    ["more pages than a frame may have", (view) => view.setUint32(36, 65, true), /65 pages/],
    ["more pages than it is long", (view) => view.setUint32(36, 2, true), /bytes for 2 pages/],
    ["pages in a frame that has none", (view) => view.setUint16(10, 1, true), /bytes for 0 pages/],
  ])("%s is refused", (_, alter, reason) => {
    expect(decodeFrame(forged(alter), crc32)).toMatch(reason);
  });

  test("nothing altered is taken", () => {
    expect(
      decodeFrame(
        forged(() => {}),
        crc32,
      ),
    ).toMatchObject({ pages: [17] });
  });
});

test("moves of different names have different keys of 16 bytes", () => {
  expect(moveKey("move-1")).toMatch(/^[0-9a-f]{32}$/);
  expect(moveKey("move-1")).not.toBe(moveKey("move-2"));
});
