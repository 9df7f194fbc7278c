import type { Lid, Qpn } from "@nomad/base";
import { opcodes } from "@nomad/iba";

/** What is kept of a packet at most: its BTH and every header that may follow it. */
export const keptBytesMax = 48;

/** A packet as it is remembered: its first bytes, where they lie. */
export interface RememberedPacket {
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** Bytes that are kept, and bytes that it had from BTH to ICRC. */
  readonly length: number;
  readonly wireBytes: number;
  readonly direction: "in" | "out";
  /** The port at the other end. */
  readonly port: Lid;
  /** The queue pair here. */
  readonly own: Qpn;
  /** By the host's clock, ms. */
  readonly atMs: number;
}

const outbound = 0x1_0000;

/** By the first byte of a packet, its opcode: bytes of its headers; of an unknown one as much as there is room for. */
const headerBytesOf = Uint8Array.from({ length: 256 }, (_, code) => opcodes[code]?.headerBytes ?? keptBytesMax);
const headersOf = (code: number): number => headerBytesOf[code] as number;

/** The headers of the packets that passed last, in memory taken once: to put one in copies some bytes, and allocates nothing. */
export class PacketRing {
  readonly #capacity: number;
  readonly #bytes: Uint8Array;
  readonly #wireBytes: Uint16Array;
  readonly #own: Uint32Array;
  /** The port's LID, and above it the direction. */
  readonly #ports: Uint32Array;
  readonly #times: Float64Array;
  #next = 0;
  #full = false;

  /** `capacity`: packets. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(capacity * keptBytesMax);
    this.#wireBytes = new Uint16Array(capacity);
    this.#own = new Uint32Array(capacity);
    this.#ports = new Uint32Array(capacity);
    this.#times = new Float64Array(capacity);
  }

  put(
    bytes: Uint8Array,
    offset: number,
    length: number,
    direction: "in" | "out",
    port: Lid,
    own: Qpn,
    atMs: number,
  ): void {
    const at = this.#next;
    const kept = Math.min(length, headersOf(bytes[offset] as number));
    const start = at * keptBytesMax;
    for (let i = 0; i < kept; i++) this.#bytes[start + i] = bytes[offset + i] as number;
    this.#wireBytes[at] = length;
    this.#own[at] = own;
    this.#ports[at] = direction === "out" ? port | outbound : port;
    this.#times[at] = atMs;
    this.#next = at + 1;
    if (this.#next < this.#capacity) return;
    this.#next = 0;
    this.#full = true;
  }

  /** All that is remembered, oldest first. */
  *packets(): Generator<RememberedPacket> {
    const [first, count] = this.#full ? [this.#next, this.#capacity] : [0, this.#next];
    for (let i = 0; i < count; i++) yield this.#at((first + i) % this.#capacity);
  }

  #at(at: number): RememberedPacket {
    const wireBytes = this.#wireBytes[at] as number;
    const port = this.#ports[at] as number;
    return {
      bytes: this.#bytes,
      offset: at * keptBytesMax,
      length: Math.min(wireBytes, headersOf(this.#bytes[at * keptBytesMax] as number)),
      wireBytes,
      direction: port >= outbound ? "out" : "in",
      port: (port % outbound) as Lid,
      own: this.#own[at] as Qpn,
      atMs: this.#times[at] as number,
    };
  }
}
