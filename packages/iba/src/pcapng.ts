// The blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian: section, interfaces, packets, statistics.

export const BLOCK_SECTION = 0x0a0d0d0a;
export const BLOCK_INTERFACE = 1;
export const BLOCK_SIMPLE_PACKET = 3;
export const BLOCK_STATISTICS = 5;
export const BLOCK_PACKET = 6;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const LINKTYPE_ETHERNET = 1;

export const OPTION_END = 0;
export const OPTION_COMMENT = 1;
/** Of an interface. */
export const OPTION_NAME = 2;
export const OPTION_DESCRIPTION = 3;
export const OPTION_TIME_RESOLUTION = 9;
export const OPTION_TIME_OFFSET = 14;
/** Of a packet. */
export const OPTION_FLAGS = 2;
/** Of statistics. */
export const OPTION_RECEIVED = 4;
export const OPTION_DROPPED = 5;
export const OPTION_ACCEPTED = 6;
const OPTION_APPLICATION = 4;

/** How a packet passed the interface, as in its flags. */
export const directions = ["unknown", "in", "out"] as const;
export type Direction = (typeof directions)[number];

const NANOSECONDS = 9;
const BLOCK_FRAME_BYTES = 12;
const PACKET_FIELDS_BYTES = 20;
const OPTION_HEADER_BYTES = 4;
/** Time stamps of statistics and packets are two words, the upper one first. */
const WORD = 2n ** 32n;

const utf8 = new TextEncoder();
const padded = (bytes: number): number => (bytes + 3) & ~3;

/** Begins a file: its blocks up to the next section header belong to it. */
export function sectionHeader(o: { readonly application: string; readonly comment: string }): Uint8Array<ArrayBuffer> {
  const fields = new DataView(new ArrayBuffer(16));
  fields.setUint32(0, BYTE_ORDER_MAGIC, true);
  fields.setUint16(4, 1, true);
  fields.setBigInt64(8, -1n, true);
  return block(BLOCK_SECTION, [
    bytesOf(fields),
    textOption(OPTION_COMMENT, o.comment),
    textOption(OPTION_APPLICATION, o.application),
    option(OPTION_END, new Uint8Array()),
  ]);
}

/** An Ethernet interface with time stamps in nanoseconds; the first described has number 0, the next 1. */
export function interfaceDescription(o: {
  readonly name: string;
  readonly description: string;
}): Uint8Array<ArrayBuffer> {
  const fields = new DataView(new ArrayBuffer(8));
  fields.setUint16(0, LINKTYPE_ETHERNET, true);
  return block(BLOCK_INTERFACE, [
    bytesOf(fields),
    textOption(OPTION_NAME, o.name),
    textOption(OPTION_DESCRIPTION, o.description),
    option(OPTION_TIME_RESOLUTION, Uint8Array.of(NANOSECONDS)),
    option(OPTION_END, new Uint8Array()),
  ]);
}

/** What happened at an interface until `timeNs` (since 1970). Those dropped were accepted, but found no room. */
export function interfaceStatistics(o: {
  readonly interface: number;
  readonly timeNs: bigint;
  readonly received: number;
  readonly accepted: number;
  readonly dropped: number;
}): Uint8Array<ArrayBuffer> {
  const fields = new DataView(new ArrayBuffer(12));
  fields.setUint32(0, o.interface, true);
  putTime(fields, 4, o.timeNs);
  return block(BLOCK_STATISTICS, [
    bytesOf(fields),
    countOption(OPTION_RECEIVED, o.received),
    countOption(OPTION_DROPPED, o.dropped),
    countOption(OPTION_ACCEPTED, o.accepted),
    option(OPTION_END, new Uint8Array()),
  ]);
}

/** A packet of an interface, without its bytes. `timeNs`: since 1970. */
export interface PacketHead {
  readonly interface: number;
  readonly timeNs: bigint;
  readonly direction: Direction;
  /** UTF-8, at most 65,535 bytes; empty for none. */
  readonly comment: Uint8Array;
}

/** Bytes of the block of a packet whose frame has `frameBytes`. */
export function packetBlockBytes(head: PacketHead, frameBytes: number): number {
  return BLOCK_FRAME_BYTES + PACKET_FIELDS_BYTES + padded(frameBytes) + packetOptionsBytes(head);
}

/**
 * Writes a packet's block around its frame, without copying: the caller writes the frame's `frameBytes` at the offset
 * returned. `into` must be zero there and have room for `packetBlockBytes`. `wireBytes`: what the frame had on the wire,
 * where less is captured.
 */
export function writePacketBlock(
  into: DataView,
  at: number,
  head: PacketHead,
  frameBytes: number,
  wireBytes: number = frameBytes,
): number {
  const total = packetBlockBytes(head, frameBytes);
  into.setUint32(at, BLOCK_PACKET, true);
  into.setUint32(at + 4, total, true);
  into.setUint32(at + 8, head.interface, true);
  putTime(into, at + 12, head.timeNs);
  into.setUint32(at + 20, frameBytes, true);
  into.setUint32(at + 24, wireBytes, true);
  const frameAt = at + 28;
  writePacketOptions(into, frameAt + padded(frameBytes), head);
  into.setUint32(at + total - 4, total, true);
  return frameAt;
}

function packetOptionsBytes({ comment }: PacketHead): number {
  const flags = OPTION_HEADER_BYTES + 4;
  return flags + OPTION_HEADER_BYTES + (comment.length === 0 ? 0 : OPTION_HEADER_BYTES + padded(comment.length));
}

function writePacketOptions(into: DataView, at: number, { direction, comment }: PacketHead): void {
  let next = at;
  if (comment.length > 0) {
    into.setUint16(next, OPTION_COMMENT, true);
    into.setUint16(next + 2, comment.length, true);
    for (let i = 0; i < comment.length; i++) into.setUint8(next + 4 + i, comment[i] as number);
    next += OPTION_HEADER_BYTES + padded(comment.length);
  }
  into.setUint16(next, OPTION_FLAGS, true);
  into.setUint16(next + 2, 4, true);
  into.setUint32(next + 4, directions.indexOf(direction), true);
}

/** A whole packet block, for those who write few. */
export function packetBlock(head: PacketHead, frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(packetBlockBytes(head, frame.length));
  bytes.set(frame, writePacketBlock(new DataView(bytes.buffer), 0, head, frame.length));
  return bytes;
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const total = parts.reduce((sum, part) => sum + part.length, BLOCK_FRAME_BYTES);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, total, true);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setUint32(at, total, true);
  return bytes;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(OPTION_HEADER_BYTES + padded(value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  bytes.set(value, OPTION_HEADER_BYTES);
  return bytes;
}

function textOption(code: number, text: string): Uint8Array {
  return text === "" ? new Uint8Array() : option(code, utf8.encode(text));
}

function countOption(code: number, count: number): Uint8Array {
  const value = new DataView(new ArrayBuffer(8));
  value.setBigUint64(0, BigInt(count), true);
  return option(code, bytesOf(value));
}

function putTime(view: DataView, at: number, timeNs: bigint): void {
  view.setUint32(at, Number((timeNs / WORD) % WORD), true);
  view.setUint32(at + 4, Number(timeNs % WORD), true);
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}
