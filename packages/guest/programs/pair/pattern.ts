// Bytes that both sides can make: numbered payloads with a checksum, and static memory that is a function of its address.

const INITIAL: u64 = 0xcbf29ce484222325;
const PRIME: u64 = 0x100000001b3;

/** One step of the checksum: each bit of the value matters, and so does its place. */
function mix(hash: u64, value: u64): u64 {
  const product = (hash ^ value) * PRIME;
  return product ^ (product >> 32);
}

/** A well-mixed function of one word (the finaliser of splitmix64). */
export function scatter(value: u64): u64 {
  let x = value * 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/** Fills `bytes` at `address` (a multiple of 8) with the payload of message `number`; returns its checksum. */
export function fillPayload(address: u32, bytes: u32, number: u64): u64 {
  let x = scatter(number) | 1;
  let hash = INITIAL;
  const words = bytes & ~7;
  for (let at: u32 = 0; at < words; at += 8) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    store<u64>(address + at, x);
    hash = mix(hash, x);
  }
  for (let at = words; at < bytes; at++) {
    x = scatter(x);
    store<u8>(address + at, <u8>x);
    hash = mix(hash, <u8>x);
  }
  return hash;
}

/** The checksum of bytes in one piece. */
export function checksum(address: u32, bytes: u32): u64 {
  return continueChecksum(INITIAL, address, bytes);
}

/** Goes on with the checksum of what came before, a multiple of 8 bytes. */
export function continueChecksum(before: u64, address: u32, bytes: u32): u64 {
  let hash = before;
  const words = bytes & ~7;
  for (let at: u32 = 0; at < words; at += 8) hash = mix(hash, load<u64>(address + at));
  for (let at = words; at < bytes; at++) hash = mix(hash, load<u8>(address + at));
  return hash;
}

/** Fills static memory: word i of it is a function of the seed and i. */
export function fillStatic(address: u32, bytes: u32, seed: u64): void {
  for (let at: u32 = 0; at < bytes; at += 8) store<u64>(address + at, scatter(seed + at));
}

/** Are `bytes` at `address` those of static memory from `offset` (a multiple of 8) on? */
export function isStatic(address: u32, bytes: u32, seed: u64, offset: u32): bool {
  const words = bytes & ~7;
  let difference: u64 = 0;
  for (let at: u32 = 0; at < words; at += 8) difference |= load<u64>(address + at) ^ scatter(seed + offset + at);
  const last = scatter(seed + offset + words);
  for (let at = words; at < bytes; at++) difference |= load<u8>(address + at) ^ <u8>(last >> ((at - words) << 3));
  return difference === 0;
}
