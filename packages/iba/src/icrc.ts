import type { Lid } from "@nomad/base";
import { putU16 } from "./bytes.ts";
import { crcWord, crcWords, wordAt } from "./crc32.ts";
import { bthDestQpn } from "./header.ts";
import { headerBytes } from "./opcode.ts";
import { ROCE_HEADER_BYTES, ROCE_PORT, sourcePort } from "./roce.ts";

/** CRC-32 of Ethernet, going on from `value`; `zlib.crc32` is one. */
export type Crc32 = (bytes: Uint8Array, value?: number) => number;

export const ICRC_BYTES = 4;

/** Ones that stand for a masked local route header. */
const ONES = 8;
const IP = ONES;
const UDP = ONES + 20;
const PREFIX_BYTES = ONES + ROCE_HEADER_BYTES;
/** The second word of a BTH begins with its reserved byte. */
const RESV8A_MASK = 0xff;
/** Up to here the CRC is computed word by word. */
const SMALL_BYTES = 256;
/** Prefixes whose remainder is kept: those of a few flows, each with a few lengths. */
const KNOWN = 256;

/**
 * The invariant CRC of RoCEv2 (IBA annex A17.3.3): CRC-32 over eight bytes of ones, the IPv4 and UDP header with type of
 * service, time to live and both checksums as ones, and the packet with its reserved byte as ones. The headers in front of
 * the packet differ by its length and flow alone, so what they come to is kept.
 */
export class Icrc {
  readonly #crc32: Crc32;
  readonly #prefix = new Uint8Array(PREFIX_BYTES).fill(0xff);
  /** What was computed last in each place: for which length and port, between which LIDs, and the remainder. */
  readonly #knownFlow = new Int32Array(KNOWN);
  readonly #knownLids = new Int32Array(KNOWN);
  readonly #remainders = new Int32Array(KNOWN);

  constructor(crc32: Crc32) {
    this.#crc32 = crc32;
    this.#writeConstants();
  }

  /** The ICRC, 32 bits, of the packet whose BTH is at `offset`; `length` counts BTH to ICRC and is a multiple of 4. */
  compute(bytes: Uint8Array, offset: number, length: number, slid: Lid, dlid: Lid): number {
    return this.#compute(bytes, offset, length, slid, dlid) >>> 0;
  }

  /** The same, signed: a number above 2^31 would be allocated. */
  #compute(bytes: Uint8Array, offset: number, length: number, slid: Lid, dlid: Lid): number {
    const end = offset + length - ICRC_BYTES;
    let crc = this.#prefixRemainder(length, sourcePort(bthDestQpn(bytes, offset)), slid, dlid);
    crc = crcWord(crc, wordAt(bytes, offset));
    crc = crcWord(crc, wordAt(bytes, offset + 4) | RESV8A_MASK);
    if (length <= SMALL_BYTES) return ~crcWords(crc, bytes, offset + 8, end);
    const start = offset + headerBytes.bth;
    crc = crcWord(crc, wordAt(bytes, offset + 8));
    return this.#crc32(bytes.subarray(start, end), ~crc >>> 0) | 0;
  }

  /** Writes the ICRC of a finished packet behind it, in the order of the wire. */
  write(bytes: Uint8Array, offset: number, length: number, slid: Lid, dlid: Lid): void {
    const value = this.#compute(bytes, offset, length, slid, dlid);
    const at = offset + length - ICRC_BYTES;
    for (let i = 0; i < ICRC_BYTES; i++) bytes[at + i] = value >>> (8 * i);
  }

  /** Is the ICRC of a received packet right? */
  check(bytes: Uint8Array, offset: number, length: number, slid: Lid, dlid: Lid): boolean {
    const value = this.#compute(bytes, offset, length, slid, dlid);
    return wordAt(bytes, offset + length - ICRC_BYTES) === value;
  }

  #prefixRemainder(length: number, port: number, slid: Lid, dlid: Lid): number {
    const flow = (port << 16) | length;
    const lids = (slid << 16) | dlid;
    const place = (port ^ (length >>> 2) ^ dlid) & (KNOWN - 1);
    if (this.#knownFlow[place] !== flow || this.#knownLids[place] !== lids) {
      this.#knownFlow[place] = flow;
      this.#knownLids[place] = lids;
      this.#writePrefix(length, port, slid, dlid);
      this.#remainders[place] = crcWords(-1, this.#prefix, 0, PREFIX_BYTES);
    }
    return this.#remainders[place] as number;
  }

  #writeConstants(): void {
    const prefix = this.#prefix;
    prefix[IP] = 0x45;
    putU16(prefix, IP + 4, 0);
    putU16(prefix, IP + 6, 0x4000);
    prefix[IP + 9] = 17;
    putU16(prefix, IP + 12, 10 << 8);
    putU16(prefix, IP + 16, 10 << 8);
    putU16(prefix, UDP + 2, ROCE_PORT);
  }

  #writePrefix(length: number, port: number, slid: Lid, dlid: Lid): void {
    const prefix = this.#prefix;
    putU16(prefix, IP + 2, ROCE_HEADER_BYTES + length);
    putU16(prefix, IP + 14, slid);
    putU16(prefix, IP + 18, dlid);
    putU16(prefix, UDP, port);
    putU16(prefix, UDP + 4, 8 + length);
  }
}
