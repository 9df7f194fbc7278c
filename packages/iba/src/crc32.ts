/** One step of the CRC for each value of a byte, with 0 to 3 bytes behind it: four tables of 256 words. */
const tables = makeTables();

function makeTables(): Int32Array {
  const made = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[byte] = crc;
  }
  for (let at = 256; at < made.length; at++) {
    const before = made[at - 256] as number;
    made[at] = (before >>> 8) ^ (made[before & 0xff] as number);
  }
  return made;
}

/**
 * The remainder of Ethernet's CRC-32 after four more bytes, given as a little-endian word; `remainder` is the CRC's
 * complement. For little data a call of zlib costs more than the sum.
 */
export function crcWord(remainder: number, word: number): number {
  const x = remainder ^ word;
  return (
    (tables[768 + (x & 0xff)] as number) ^
    (tables[512 + ((x >>> 8) & 0xff)] as number) ^
    (tables[256 + ((x >>> 16) & 0xff)] as number) ^
    (tables[x >>> 24] as number)
  );
}

/** The same after the bytes from `start` to `end`, a multiple of 4. */
export function crcWords(remainder: number, bytes: Uint8Array, start: number, end: number): number {
  let crc = remainder;
  for (let at = start; at < end; at += 4) crc = crcWord(crc, wordAt(bytes, at));
  return crc;
}

/** Four bytes as a little-endian word. */
export function wordAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  return low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}
