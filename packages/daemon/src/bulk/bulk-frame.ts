import { createHash } from "node:crypto";
import { PAGE_BYTES } from "@nomad/abi";
import { assert } from "@nomad/base";

// A bulk frame: a header, the numbers of the pages in it (u32 each), and the pages. Little-endian throughout.
//   0 u32 magic   4 u32 CRC of all that follows   8 u16 version   10 u16 type   12 move, 16 bytes
//   28 u32 round  32 u32 sequence  36 u32 count   40 u32 page numbers, then pages
const magic = 0x4b4c424e; // "NBLK"
const version = 1;
const headerBytes = 40;
const crcFrom = 8;
const moveBytes = 16;

/** Pages in one frame at most. */
export const framePagesMax = 64;
/** Room before the first page of a frame for header and page numbers: a page, so that pages stay aligned. */
export const frameLeadBytes = PAGE_BYTES;
/** A buffer for one frame. */
export const frameBufferBytes = frameLeadBytes + framePagesMax * PAGE_BYTES;

assert(headerBytes + 4 * framePagesMax <= frameLeadBytes, "what stands before the pages has room there");

/** CRC-32 as Ethernet's and zlib's. */
export type Crc32 = (bytes: Uint8Array) => number;

/**
 * `pages`: pages of a round. `round-end`: the source has sent `count` pages in all in this round. `applied`: the
 * destination has them all in memory.
 */
const frameTypes = ["pages", "round-end", "applied"] as const;
export type BulkFrameType = (typeof frameTypes)[number];

export interface BulkHeader {
  readonly type: BulkFrameType;
  /** `moveKey` of the move. */
  readonly move: string;
  readonly round: number;
  /** Counts the frames of one direction of a move, from 0. */
  readonly sequence: number;
  /** Pages in this frame; of a `round-end` or `applied`, in the round. */
  readonly count: number;
}

export interface BulkFrame extends BulkHeader {
  /** Numbers of the pages, in the order of their bytes. */
  readonly pages: readonly number[];
  /** The pages' bytes, one after the other: a view of the frame. */
  readonly data: Buffer;
}

/** How frames name a move: 16 bytes, as hexadecimal digits. */
export function moveKey(move: string): string {
  return createHash("sha256")
    .update(move)
    .digest("hex")
    .slice(0, 2 * moveBytes);
}

/** A frame without pages. */
export function encodeControl(header: BulkHeader, crc32: Crc32): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  writeHeader(bytes, header, crc32);
  return bytes;
}

/**
 * Completes a frame in `buffer` (`frameBufferBytes` long), whose pages already stand from `frameLeadBytes` on, and
 * returns its bytes. The CRC is taken of what stands there now.
 */
export function encodePages(
  buffer: Uint8Array,
  header: BulkHeader,
  pages: readonly number[],
  crc32: Crc32,
): Uint8Array {
  assert(pages.length === header.count && pages.length <= framePagesMax, "a frame has the pages it counts");
  const start = frameLeadBytes - headerBytes - 4 * pages.length;
  const bytes = buffer.subarray(start, frameLeadBytes + pages.length * PAGE_BYTES);
  const view = viewOf(bytes);
  for (const [i, page] of pages.entries()) view.setUint32(headerBytes + 4 * i, page, true);
  writeHeader(bytes, header, crc32);
  return bytes;
}

/** The frame, or what is wrong with it, in words. */
export function decodeFrame(bytes: Uint8Array, crc32: Crc32): BulkFrame | string {
  if (bytes.length < headerBytes) return "shorter than a header";
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== magic) return "not a bulk frame";
  if (view.getUint16(8, true) !== version) return `version ${view.getUint16(8, true)}`;
  const type = frameTypes[view.getUint16(10, true)];
  if (type === undefined) return `unknown type ${view.getUint16(10, true)}`;
  const count = view.getUint32(36, true);
  const carried = type === "pages" ? count : 0;
  if (type === "pages" && (count === 0 || count > framePagesMax)) return `${count} pages in one frame`;
  const dataAt = headerBytes + 4 * carried;
  if (bytes.length !== dataAt + carried * PAGE_BYTES) return `${bytes.length} bytes for ${carried} pages`;
  if (view.getUint32(4, true) !== crc32(bytes.subarray(crcFrom))) return "CRC does not match";
  return {
    type,
    move: Buffer.from(bytes.buffer, bytes.byteOffset + 12, moveBytes).toString("hex"),
    round: view.getUint32(28, true),
    sequence: view.getUint32(32, true),
    count,
    pages: Array.from({ length: carried }, (_, i) => view.getUint32(headerBytes + 4 * i, true)),
    data: Buffer.from(bytes.buffer, bytes.byteOffset + dataAt, carried * PAGE_BYTES),
  };
}

function writeHeader(bytes: Uint8Array, header: BulkHeader, crc32: Crc32): void {
  const view = viewOf(bytes);
  view.setUint32(0, magic, true);
  view.setUint16(8, version, true);
  view.setUint16(10, frameTypes.indexOf(header.type), true);
  bytes.set(Buffer.from(header.move, "hex"), 12);
  view.setUint32(28, header.round, true);
  view.setUint32(32, header.sequence, true);
  view.setUint32(36, header.count, true);
  view.setUint32(4, crc32(bytes.subarray(crcFrom)), true);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
