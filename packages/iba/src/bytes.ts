// Big-endian fields in a byte array. Plain functions on (bytes, offset): no views to make for each packet, nothing
// allocated. The caller has checked that the field lies inside the array.

export function u8(bytes: Uint8Array, offset: number): number {
  return bytes[offset] as number;
}

export function u16(bytes: Uint8Array, offset: number): number {
  return (u8(bytes, offset) << 8) | u8(bytes, offset + 1);
}

export function u24(bytes: Uint8Array, offset: number): number {
  return (u8(bytes, offset) << 16) | u16(bytes, offset + 1);
}

export function u32(bytes: Uint8Array, offset: number): number {
  return ((u16(bytes, offset) << 16) | u16(bytes, offset + 2)) >>> 0;
}

/** 64 bits as a number: exact up to 2^53, and larger than any address beyond that. */
export function u64(bytes: Uint8Array, offset: number): number {
  return u32(bytes, offset) * 2 ** 32 + u32(bytes, offset + 4);
}

export function bigU64(bytes: Uint8Array, offset: number): bigint {
  return (BigInt(u32(bytes, offset)) << 32n) | BigInt(u32(bytes, offset + 4));
}

export function putU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

export function putU24(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 16;
  putU16(bytes, offset + 1, value);
}

export function putU32(bytes: Uint8Array, offset: number, value: number): void {
  putU16(bytes, offset, value >>> 16);
  putU16(bytes, offset + 2, value);
}

/** `value` is an integer from 0 to 2^64; above 2^53 its low bits are lost. */
export function putU64(bytes: Uint8Array, offset: number, value: number): void {
  putU32(bytes, offset, Math.floor(value / 2 ** 32));
  putU32(bytes, offset + 4, value % 2 ** 32);
}

export function putBigU64(bytes: Uint8Array, offset: number, value: bigint): void {
  putU32(bytes, offset, Number((value >> 32n) & 0xffffffffn));
  putU32(bytes, offset + 4, Number(value & 0xffffffffn));
}
