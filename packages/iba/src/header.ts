import type { Psn, Qpn, RKey } from "@nomad/base";
import { bigU64, putBigU64, putU16, putU24, putU32, putU64, u8, u16, u24, u32, u64 } from "./bytes.ts";

// Fields of the transport headers (IBA 9.2 to 9.3). `at` is where the header starts in `bytes`.

/** The P_Key of the default partition, full member. */
export const PKEY_DEFAULT = 0xffff;

// --- base transport header: opcode 8, SE 1, M 1, pad 2, version 4, P_Key 16, reserved 8, QP 24, A 1, reserved 7, PSN 24
const SOLICITED = 0x80;
const MIGRATED = 0x40;
const ACK_REQUEST = 0x80;

/** `pad` is 0 to 3. MigReq is set: the path never migrates by itself. */
export function writeBth(
  bytes: Uint8Array,
  at: number,
  opcode: number,
  solicited: boolean,
  pad: number,
  destQpn: Qpn,
  ackRequest: boolean,
  psn: Psn,
  pkey: number = PKEY_DEFAULT,
): void {
  bytes[at] = opcode;
  bytes[at + 1] = (solicited ? SOLICITED : 0) | MIGRATED | (pad << 4);
  putU16(bytes, at + 2, pkey);
  bytes[at + 4] = 0;
  putU24(bytes, at + 5, destQpn);
  bytes[at + 8] = ackRequest ? ACK_REQUEST : 0;
  putU24(bytes, at + 9, psn);
}

export function bthOpcode(bytes: Uint8Array, at: number): number {
  return u8(bytes, at);
}

export function bthSolicited(bytes: Uint8Array, at: number): boolean {
  return (u8(bytes, at + 1) & SOLICITED) !== 0;
}

export function bthPad(bytes: Uint8Array, at: number): number {
  return (u8(bytes, at + 1) >>> 4) & 3;
}

export function bthVersion(bytes: Uint8Array, at: number): number {
  return u8(bytes, at + 1) & 0xf;
}

export function bthPkey(bytes: Uint8Array, at: number): number {
  return u16(bytes, at + 2);
}

export function bthDestQpn(bytes: Uint8Array, at: number): Qpn {
  return u24(bytes, at + 5) as Qpn;
}

export function bthAckRequest(bytes: Uint8Array, at: number): boolean {
  return (u8(bytes, at + 8) & ACK_REQUEST) !== 0;
}

export function bthPsn(bytes: Uint8Array, at: number): Psn {
  return u24(bytes, at + 9) as Psn;
}

// --- RDMA extended transport header: virtual address 64, R_Key 32, DMA length 32
export function writeReth(bytes: Uint8Array, at: number, address: number, rkey: RKey, length: number): void {
  putU64(bytes, at, address);
  putU32(bytes, at + 8, rkey);
  putU32(bytes, at + 12, length);
}

/** An address above 2^53 is not exact; no region is there. */
export function rethAddress(bytes: Uint8Array, at: number): number {
  return u64(bytes, at);
}

export function rethRkey(bytes: Uint8Array, at: number): RKey {
  return u32(bytes, at + 8) as RKey;
}

export function rethLength(bytes: Uint8Array, at: number): number {
  return u32(bytes, at + 12);
}

// --- ACK extended transport header: syndrome 8, MSN 24
export function writeAeth(bytes: Uint8Array, at: number, syndrome: number, msn: number): void {
  bytes[at] = syndrome;
  putU24(bytes, at + 1, msn);
}

export function aethSyndrome(bytes: Uint8Array, at: number): number {
  return u8(bytes, at);
}

export function aethMsn(bytes: Uint8Array, at: number): number {
  return u24(bytes, at + 1);
}

// --- atomic extended transport header: virtual address 64, R_Key 32, swap or add 64, compare 64
export function writeAtomicEth(
  bytes: Uint8Array,
  at: number,
  address: number,
  rkey: RKey,
  swapOrAdd: bigint,
  compare: bigint,
): void {
  putU64(bytes, at, address);
  putU32(bytes, at + 8, rkey);
  putBigU64(bytes, at + 12, swapOrAdd);
  putBigU64(bytes, at + 20, compare);
}

export function atomicEthAddress(bytes: Uint8Array, at: number): number {
  return u64(bytes, at);
}

export function atomicEthRkey(bytes: Uint8Array, at: number): RKey {
  return u32(bytes, at + 8) as RKey;
}

export function atomicEthSwapOrAdd(bytes: Uint8Array, at: number): bigint {
  return bigU64(bytes, at + 12);
}

export function atomicEthCompare(bytes: Uint8Array, at: number): bigint {
  return bigU64(bytes, at + 20);
}

// --- atomic ACK extended transport header: original remote data 64
export function writeAtomicAckEth(bytes: Uint8Array, at: number, original: bigint): void {
  putBigU64(bytes, at, original);
}

export function atomicAckOriginal(bytes: Uint8Array, at: number): bigint {
  return bigU64(bytes, at);
}

// --- immediate data 32
export function writeImmDt(bytes: Uint8Array, at: number, immediate: number): void {
  putU32(bytes, at, immediate);
}

export function immDt(bytes: Uint8Array, at: number): number {
  return u32(bytes, at);
}

// --- datagram extended transport header: Q_Key 32, reserved 8, source QP 24
export function writeDeth(bytes: Uint8Array, at: number, qkey: number, sourceQpn: Qpn): void {
  putU32(bytes, at, qkey);
  bytes[at + 4] = 0;
  putU24(bytes, at + 5, sourceQpn);
}

export function dethQkey(bytes: Uint8Array, at: number): number {
  return u32(bytes, at);
}

export function dethSourceQpn(bytes: Uint8Array, at: number): Qpn {
  return u24(bytes, at + 5) as Qpn;
}

// --- invalidate extended transport header: R_Key 32
export function writeIeth(bytes: Uint8Array, at: number, rkey: RKey): void {
  putU32(bytes, at, rkey);
}

export function iethRkey(bytes: Uint8Array, at: number): RKey {
  return u32(bytes, at) as RKey;
}
