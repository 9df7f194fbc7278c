import type { Lid } from "@nomad/base";
import { FRAME_HEADER_BYTES, packetBlockBytes, writePacketBlock, writeRoceFrame } from "@nomad/iba";
import type { CaptureFilter, Message, Notice } from "@nomad/protocol";
import { CaptureBuffer } from "./capture-buffer.ts";
import { matches, type PacketFacts } from "./capture-filter.ts";

/** Waiting for its reader, a capture keeps at most this. */
const bufferBytesMax = 8 * 1024 * 1024;
const pieceBytes = 64 * 1024;
/** A piece that is not full goes out after this. */
const lingerMs = 50;

/** A packet where it lies, from BTH to ICRC. */
export interface SeenPacket {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly length: number;
  /** What it had on the wire: more, where only its beginning is remembered. */
  readonly wireBytes: number;
  readonly slid: Lid;
  readonly dlid: Lid;
  readonly timeNs: bigint;
  /** UTF-8; empty for none. */
  readonly comment: Uint8Array;
}

/** One capture at one host: takes packets without ever waiting, and sends what its reader has room for. */
export class HostCapture {
  readonly #id: string;
  readonly #interface: number;
  readonly #filter: CaptureFilter;
  readonly #send: (notice: Notice) => void;
  readonly #buffer = new CaptureBuffer(bufferBytesMax, pieceBytes);
  #credit: number;
  #waitingSince = 0;
  #counts = { seen: 0, accepted: 0, dropped: 0 };

  constructor(m: Extract<Message, { kind: "CAPTURE" }>, send: (notice: Notice) => void) {
    this.#id = m.capture;
    this.#interface = m.interface;
    this.#filter = m.filter;
    this.#credit = m.credit;
    this.#send = send;
  }

  /** A packet passes. It is copied if it is wanted and there is room, and counted as dropped if there is none. */
  see(packet: SeenPacket, facts: PacketFacts, now: number): void {
    this.#counts.seen++;
    if (!matches(this.#filter, facts)) return;
    this.#counts.accepted++;
    const { bytes, offset, length, wireBytes, slid, dlid, timeNs, comment } = packet;
    const head = { interface: this.#interface, timeNs, direction: facts.direction, comment };
    const frameBytes = FRAME_HEADER_BYTES + length;
    if (this.#buffer.bytes === 0) this.#waitingSince = now;
    const slot = this.#buffer.reserve(packetBlockBytes(head, frameBytes));
    if (slot === null) {
      this.#counts.dropped++;
      return;
    }
    const frameAt = writePacketBlock(slot.view, slot.at, head, frameBytes, FRAME_HEADER_BYTES + wireBytes);
    writeRoceFrame(slot.bytes, frameAt, bytes, offset, length, slid, dlid, wireBytes);
  }

  /** The reader has read so many bytes more. */
  grant(bytes: number): void {
    this.#credit += bytes;
  }

  /** When there is something to send; null while there is nothing, or no credit. */
  deadline(): number | null {
    if (this.#credit <= 0 || this.#buffer.bytes === 0) return null;
    return this.#buffer.full ? this.#waitingSince : this.#waitingSince + lingerMs;
  }

  /** Send what is due. */
  run(now: number): void {
    for (let at = this.deadline(); at !== null && at <= now; at = this.deadline()) {
      this.#sendPiece(this.#buffer.take() ?? new Uint8Array());
      this.#waitingSince = now;
    }
  }

  /** Send all that is left, and the counts. */
  end(): void {
    for (let piece = this.#buffer.take(); piece !== null; piece = this.#buffer.take()) this.#sendPiece(piece);
    this.#sendPiece(new Uint8Array());
  }

  #sendPiece(blocks: Uint8Array<ArrayBuffer>): void {
    this.#credit -= blocks.length;
    this.#send({ kind: "CAPTURED", capture: this.#id, blocks, ...this.#counts });
    this.#counts = { seen: 0, accepted: 0, dropped: 0 };
  }
}
