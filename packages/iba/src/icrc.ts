import type { Lid } from "@nomad/base";
import { putU16 } from "./bytes.ts";
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
const BTH = ONES + ROCE_HEADER_BYTES;
const PREFIX_BYTES = BTH + headerBytes.bth;
const RESV8A = 4;
/** Up to here the rest of a packet is copied behind the prefix, because a second call and a view cost more. */
const SMALL_BYTES = 256;

/**
 * The invariant CRC of RoCEv2 (IBA annex A17.3.3): CRC-32 over eight bytes of ones, the IPv4 and UDP header with type of
 * service, time to live and both checksums as ones, and the packet with its reserved byte as ones. It keeps scratch memory,
 * so that checking a packet allocates at most one view.
 */
export class Icrc {
  readonly #crc32: Crc32;
  readonly #scratch = new Uint8Array(PREFIX_BYTES + SMALL_BYTES).fill(0xff, 0, PREFIX_BYTES);
  readonly #views: Uint8Array[] = [];

  constructor(crc32: Crc32) {
    this.#crc32 = crc32;
    for (let n = 0; n <= SMALL_BYTES; n++) this.#views.push(this.#scratch.subarray(0, PREFIX_BYTES + n));
    this.#writeConstants();
  }

  /** The ICRC, 32 bits, of the packet whose BTH is at `offset`; `length` counts BTH to ICRC. */
  compute(bytes: Uint8Array, offset: number, length: number, slid: Lid, dlid: Lid): number {
    this.#writePrefix(bytes, offset, length, slid, dlid);
    const start = offset + headerBytes.bth;
    const rest = length - headerBytes.bth - ICRC_BYTES;
    if (rest > SMALL_BYTES) {
      const value = this.#crc32(this.#views[0] as Uint8Array);
      return this.#crc32(bytes.subarray(start, start + rest), value);
    }
    const scratch = this.#scratch;
    for (let i = 0; i < rest; i++) scratch[PREFIX_BYTES + i] = bytes[start + i] as number;
    return this.#crc32(this.#views[rest] as Uint8Array);
  }

  /** Writes the ICRC of a finished packet behind it, in the order of the wire. */
  write(bytes: Uint8Array, offset: number, length: number, slid: Lid, dlid: Lid): void {
    const value = this.compute(bytes, offset, length, slid, dlid);
    const at = offset + length - ICRC_BYTES;
    for (let i = 0; i < ICRC_BYTES; i++) bytes[at + i] = value >>> (8 * i);
  }

  /** Is the ICRC of a received packet right? */
  check(bytes: Uint8Array, offset: number, length: number, slid: Lid, dlid: Lid): boolean {
    const value = this.compute(bytes, offset, length, slid, dlid);
    const at = offset + length - ICRC_BYTES;
    let difference = 0;
    for (let i = 0; i < ICRC_BYTES; i++) difference |= (bytes[at + i] as number) ^ ((value >>> (8 * i)) & 0xff);
    return difference === 0;
  }

  #writeConstants(): void {
    const scratch = this.#scratch;
    scratch[IP] = 0x45;
    putU16(scratch, IP + 4, 0);
    putU16(scratch, IP + 6, 0x4000);
    scratch[IP + 9] = 17;
    putU16(scratch, IP + 12, 10 << 8);
    putU16(scratch, IP + 16, 10 << 8);
    putU16(scratch, UDP + 2, ROCE_PORT);
  }

  #writePrefix(bytes: Uint8Array, offset: number, length: number, slid: Lid, dlid: Lid): void {
    const scratch = this.#scratch;
    putU16(scratch, IP + 2, ROCE_HEADER_BYTES + length);
    putU16(scratch, IP + 14, slid);
    putU16(scratch, IP + 18, dlid);
    putU16(scratch, UDP, sourcePort(bthDestQpn(bytes, offset)));
    putU16(scratch, UDP + 4, 8 + length);
    for (let i = 0; i < headerBytes.bth; i++) scratch[BTH + i] = bytes[offset + i] as number;
    scratch[BTH + RESV8A] = 0xff;
  }
}
