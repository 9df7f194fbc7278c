const POLYNOMIAL = 0xedb88320;
const ICRC_BYTES = 4;
/** Bytes of an IPv4 datagram that count as ones: of its header, of UDP's and of the BTH (IBA annex A17.3.3). */
const masked = new Set([1, 8, 10, 11, 20 + 6, 20 + 7, 20 + 8 + 4]);
/** As many ones come first, where InfiniBand has its local route header. */
const LEADING_ONES = 8;

/** CRC-32 of IEEE 802.3 so far, and one byte more, bit by bit. */
function step(crc: number, byte: number): number {
  let next = crc ^ byte;
  for (let bit = 0; bit < 8; bit++) next = (next >>> 1) ^ (next & 1 ? POLYNOMIAL : 0);
  return next;
}

/**
 * The ICRC that belongs at the end of a RoCEv2 datagram, IPv4 header to ICRC: the rule spelt out, to be compared with.
 * It shares nothing with icrc.ts.
 */
export function slowIcrc(datagram: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < LEADING_ONES; i++) crc = step(crc, 0xff);
  const end = datagram.length - ICRC_BYTES;
  for (let i = 0; i < end; i++) crc = step(crc, masked.has(i) ? 0xff : (datagram[i] as number));
  return ~crc >>> 0;
}
