import type { Lid, Qpn } from "@nomad/base";
import { putU16 } from "./bytes.ts";

/** UDP's port of RoCEv2. */
export const ROCE_PORT = 4791;
/** Bytes of the IPv4 and UDP header in front of a BTH. */
export const ROCE_HEADER_BYTES = 28;

const IPV4_BYTES = 20;
const DONT_FRAGMENT = 0x4000;
const TTL = 64;
const PROTOCOL_UDP = 17;

/**
 * The UDP source port of a flow, 0xC000 to 0xFFFF, folded from the number of the *destination* queue pair: the one number
 * that sender, receiver and a capture all find in the packet.
 */
export function sourcePort(destQpn: Qpn): number {
  return 0xc000 | ((destQpn ^ (destQpn >>> 14)) & 0x3fff);
}

/** The IPv4 address of a port, 10.0.x.y with x.y its LID. Its GID is that address mapped, ::ffff:10.0.x.y. */
export function ipv4Of(lid: Lid): [number, number, number, number] {
  return [10, 0, (lid >>> 8) & 0xff, lid & 0xff];
}

/**
 * Writes the IPv4 and UDP header that stands for a packet from `slid` to `dlid`; `packetBytes` counts BTH to ICRC. UDP's
 * checksum is left zero, which in IPv4 means that there is none.
 */
export function writeRoceHeader(
  bytes: Uint8Array,
  at: number,
  slid: Lid,
  dlid: Lid,
  destQpn: Qpn,
  packetBytes: number,
): void {
  const udp = at + IPV4_BYTES;
  bytes[at] = 0x45;
  bytes[at + 1] = 0;
  putU16(bytes, at + 2, ROCE_HEADER_BYTES + packetBytes);
  putU16(bytes, at + 4, 0);
  putU16(bytes, at + 6, DONT_FRAGMENT);
  bytes[at + 8] = TTL;
  bytes[at + 9] = PROTOCOL_UDP;
  putU16(bytes, at + 10, 0);
  putAddress(bytes, at + 12, slid);
  putAddress(bytes, at + 16, dlid);
  putU16(bytes, at + 10, headerChecksum(bytes, at));
  putU16(bytes, udp, sourcePort(destQpn));
  putU16(bytes, udp + 2, ROCE_PORT);
  putU16(bytes, udp + 4, ROCE_HEADER_BYTES - IPV4_BYTES + packetBytes);
  putU16(bytes, udp + 6, 0);
}

function putAddress(bytes: Uint8Array, at: number, lid: Lid): void {
  putU16(bytes, at, 10 << 8);
  putU16(bytes, at + 2, lid);
}

/** IPv4's header checksum (RFC 791) over 20 bytes whose checksum field is zero. */
function headerChecksum(bytes: Uint8Array, at: number): number {
  let sum = 0;
  for (let i = at; i < at + IPV4_BYTES; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
