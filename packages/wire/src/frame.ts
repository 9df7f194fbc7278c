import { assert, limits } from "@nomad/base";
import type { Link } from "./link.ts";

// A frame is one or more packets. Each stands behind a prefix (u16 length of the packet; u16 LID of the multicast group that
// it is for, or 0; little-endian) and is padded with zeros to a multiple of 4 bytes, so that every packet starts aligned.
const prefixBytes = 4;
/** LIDs of multicast groups (IBA 4.1.3). */
const mlidMin = 0xc000;
const mlidMax = 0xfffe;
const defaultFrameBytes = 64 * 1024;
/**
 * A frame leaves when it has so many packets, full or not: the other side begins with them while this one goes on. A
 * third of what programs usually have under way, so that neither side waits for the other, and few enough frames.
 */
const framePacketsMax = 22;
const spareFramesMax = 64;

const padded = (bytes: number): number => (bytes + 3) & ~3;

/** Where one packet is to be written: at `offset` in `bytes`, of which `view` is another view. */
export interface FrameSlot {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offset: number;
}

interface PooledFrame extends FrameSlot {
  offset: number;
  readonly release: () => void;
}

/** Frame buffers to write packets into, used again once the link has given them back. */
export class FramePool {
  readonly frameBytes: number;
  readonly #spare: PooledFrame[] = [];

  /** `frameBytes`: size of each buffer, from one largest packet to `limits.frameBytesMax`. */
  constructor(frameBytes: number = defaultFrameBytes) {
    assert(frameBytes >= prefixBytes + padded(limits.packetBytesMax), "a frame holds the largest packet");
    assert(frameBytes <= limits.frameBytesMax, "a frame fits the wire");
    this.frameBytes = frameBytes;
  }

  /** Buffers that wait to be used again. */
  get spare(): number {
    return this.#spare.length;
  }

  take(): PooledFrame {
    return this.#spare.pop() ?? this.#make();
  }

  #make(): PooledFrame {
    const bytes = new Uint8Array(this.frameBytes);
    const release = () => {
      if (this.#spare.length < spareFramesMax) this.#spare.push(frame);
    };
    const frame: PooledFrame = { bytes, view: new DataView(bytes.buffer), offset: 0, release };
    return frame;
  }
}

/** Gathers packets into frames and hands full ones to a link. A slot that `reserve` returned is valid until `commit`. */
export class FrameWriter {
  readonly #link: Link;
  readonly #pool: FramePool;
  #frame: PooledFrame | null = null;
  #used = 0;
  #reserved = 0;
  #packets = 0;

  constructor(link: Link, pool: FramePool) {
    this.#link = link;
    this.#pool = pool;
  }

  /**
   * Room for one packet of at most `bytes`, or null while the link holds too much: try again at its next `onWritable` or
   * `onState`. While the link is not up there is room: what is written then is lost, as on a cable that is unplugged, and
   * the transport's timers notice.
   */
  reserve(bytes: number): FrameSlot | null {
    assert(bytes > 0 && bytes <= limits.packetBytesMax, "a packet has a valid size");
    if (this.#used + prefixBytes + padded(bytes) > this.#pool.frameBytes) this.flush();
    if (this.#link.state === "up" && !this.#link.writable) return null;
    this.#frame ??= this.#pool.take();
    this.#frame.offset = this.#used + prefixBytes;
    this.#reserved = bytes;
    return this.#frame;
  }

  /** The packet in the slot reserved last is complete and `bytes` long; `mlid` is the group that it is for, or 0. */
  commit(bytes: number, mlid = 0): void {
    const frame = this.#frame;
    assert(frame !== null && bytes > 0 && bytes <= this.#reserved, "a commit follows its reserve");
    frame.view.setUint16(this.#used, bytes, true);
    frame.view.setUint16(this.#used + 2, mlid, true);
    const end = frame.offset + bytes;
    this.#used = frame.offset + padded(bytes);
    if (end < this.#used) frame.bytes.fill(0, end, this.#used);
    this.#reserved = 0;
    this.#packets++;
    if (this.#packets === framePacketsMax) this.flush();
  }

  /** Hands over what has been committed: at the end of a turn. */
  flush(): void {
    const frame = this.#frame;
    if (frame === null || this.#used === 0) return;
    this.#frame = null;
    this.#packets = 0;
    const used = this.#used;
    this.#used = 0;
    this.#link.send(frame.bytes.subarray(0, used), frame.release);
  }
}

/** One packet of a received frame; `mlid` is the multicast group that it is for, or 0. Valid during the call only. */
export type OnPacket = (bytes: Uint8Array, offset: number, length: number, mlid: number) => void;

/**
 * Calls `onPacket` for each packet of a received frame, in order. False, and nothing called, when any byte of the frame
 * does not follow the format: the caller counts it as refused.
 */
export function forEachPacket(frame: Uint8Array, onPacket: OnPacket): boolean {
  if (!isFrame(frame)) return false;
  for (let at = 0; at < frame.length; ) {
    const length = u16At(frame, at);
    onPacket(frame, at + prefixBytes, length, u16At(frame, at + 2));
    at += prefixBytes + padded(length);
  }
  return true;
}

function isFrame(frame: Uint8Array): boolean {
  if (frame.length === 0 || frame.length > limits.frameBytesMax) return false;
  let at = 0;
  while (at < frame.length) {
    if (frame.length - at < prefixBytes || !isGroupOrNone(u16At(frame, at + 2))) return false;
    const length = u16At(frame, at);
    const end = at + prefixBytes + length;
    at += prefixBytes + padded(length);
    if (length === 0 || length > limits.packetBytesMax || at > frame.length) return false;
    for (let pad = end; pad < at; pad++) if (frame[pad] !== 0) return false;
  }
  return true;
}

function isGroupOrNone(mlid: number): boolean {
  return mlid === 0 || isMulticast(mlid);
}

/** Is it the LID of a multicast group? */
export function isMulticast(lid: number): boolean {
  return lid >= mlidMin && lid <= mlidMax;
}

function u16At(frame: Uint8Array, at: number): number {
  return (frame[at] as number) | ((frame[at + 1] as number) << 8);
}
