import type { Lid, Qpn } from "@nomad/base";
import { putU16, u16, u32 } from "./bytes.ts";
import { bthDestQpn } from "./header.ts";
import { type Crc32, ICRC_BYTES } from "./icrc.ts";
import { headerBytes } from "./opcode.ts";
import { ROCE_HEADER_BYTES, ROCE_PORT, writeRoceHeader } from "./roce.ts";

// A packet as it would travel over Ethernet: what captures hold, because every Wireshark dissects it by itself.

const MAC_BYTES = 6;
const IPV4 = 14;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;
const UDP_BYTES = 8;
/** Where a BTH keeps its queue pair number. */
const DEST_QPN_END = 8;

/** Bytes of the Ethernet, IPv4 and UDP header in front of a packet. */
export const FRAME_HEADER_BYTES = IPV4 + ROCE_HEADER_BYTES;

/** The MAC address that stands for a port: locally administered, its LID in the last two bytes. */
export function macOf(lid: Lid): [number, number, number, number, number, number] {
  return [0x02, 0, 0, 0, (lid >>> 8) & 0xff, lid & 0xff];
}

/**
 * Writes the packet (BTH to ICRC, or any bytes that came in its place) behind its Ethernet, IPv4 and UDP header, the
 * ones that its ICRC covers. Its own bytes are copied, its ICRC is never computed anew; `wireBytes`: what it had, where
 * only its beginning is given. Returns the bytes written.
 */
export function writeRoceFrame(
  into: Uint8Array,
  at: number,
  packet: Uint8Array,
  offset: number,
  length: number,
  slid: Lid,
  dlid: Lid,
  wireBytes: number = length,
): number {
  const destQpn = length < DEST_QPN_END ? (0 as Qpn) : bthDestQpn(packet, offset);
  into.set(macOf(dlid), at);
  into.set(macOf(slid), at + MAC_BYTES);
  putU16(into, at + 2 * MAC_BYTES, ETHERTYPE_IPV4);
  writeRoceHeader(into, at + IPV4, slid, dlid, destQpn, wireBytes);
  const body = at + FRAME_HEADER_BYTES;
  for (let i = 0; i < length; i++) into[body + i] = packet[offset + i] as number;
  return FRAME_HEADER_BYTES + length;
}

/** Where the parts of a RoCEv2 frame are. */
export interface RoceFrame {
  /** Where the IPv4 header and the BTH start. */
  readonly ipOffset: number;
  readonly packetOffset: number;
  /** BTH to ICRC. */
  readonly packetBytes: number;
  /** IPv4 addresses as 32 bits. */
  readonly source: number;
  readonly destination: number;
}

/** Why a frame is no RoCEv2 packet, or not one that can be read. */
export type FrameFault = "cut" | "not-ipv4" | "fragment" | "not-udp" | "not-roce" | "ip-length" | "udp-length";

/** Finds the packet in any Ethernet frame; holds for any bytes. */
export function parseRoceFrame(frame: Uint8Array): RoceFrame | FrameFault {
  if (frame.length < IPV4 + 20) return "cut";
  if (u16(frame, 2 * MAC_BYTES) !== ETHERTYPE_IPV4 || (frame[IPV4] as number) >>> 4 !== 4) return "not-ipv4";
  const ipBytes = ((frame[IPV4] as number) & 0xf) * 4;
  const totalBytes = u16(frame, IPV4 + 2);
  if (ipBytes < 20 || totalBytes < ipBytes) return "ip-length";
  if ((u16(frame, IPV4 + 6) & 0x3fff) !== 0) return "fragment";
  if (frame[IPV4 + 9] !== PROTOCOL_UDP) return "not-udp";
  const udp = IPV4 + ipBytes;
  if (frame.length < udp + UDP_BYTES) return "cut";
  if (u16(frame, udp + 2) !== ROCE_PORT) return "not-roce";
  const packetBytes = u16(frame, udp + 4) - UDP_BYTES;
  if (packetBytes < 0 || packetBytes + UDP_BYTES + ipBytes !== totalBytes) return "udp-length";
  const packetOffset = udp + UDP_BYTES;
  if (frame.length < packetOffset + packetBytes) return "cut";
  const addresses = { source: u32(frame, IPV4 + 12), destination: u32(frame, IPV4 + 16) };
  return { ipOffset: IPV4, packetOffset, packetBytes, ...addresses };
}

/** The LID behind an address 10.0.x.y; null for any other, which no port of ours has. */
export function lidOfAddress(address: number): Lid | null {
  return address >>> 16 === 10 << 8 ? ((address & 0xffff) as Lid) : null;
}

export type IcrcVerdict = "ok" | "bad" | "off";

/** Bytes of the IPv4 header, of UDP's and of the BTH that an ICRC takes as ones (IBA annex A17.3.3). */
const MASKED_IP = [1, 8, 10, 11] as const;
const MASKED_UDP = [6, 7] as const;
const MASKED_BTH = [4] as const;

/**
 * Is the ICRC of a frame right, over the very IPv4 and UDP header that stand in it? `off`: it is zero. The packet must
 * hold a BTH and an ICRC.
 */
export function checkFrameIcrc(crc32: Crc32, frame: Uint8Array, parts: RoceFrame): IcrcVerdict {
  const { ipOffset, packetOffset, packetBytes } = parts;
  const udpOffset = packetOffset - UDP_BYTES;
  const end = packetOffset + packetBytes - ICRC_BYTES;
  const covered = new Uint8Array(8 + end - ipOffset).fill(0xff, 0, 8);
  covered.set(frame.subarray(ipOffset, end), 8);
  const mask = (start: number, masked: readonly number[]) => {
    for (const at of masked) covered[8 + start - ipOffset + at] = 0xff;
  };
  mask(ipOffset, MASKED_IP);
  mask(udpOffset, MASKED_UDP);
  mask(packetOffset, MASKED_BTH);
  // It is sent with its low byte first, against the order of every other field.
  const reversed = u32(frame, end);
  const found =
    ((reversed & 0xff) << 24) | ((reversed & 0xff00) << 8) | ((reversed >>> 8) & 0xff00) | (reversed >>> 24);
  if (found >>> 0 === crc32(covered)) return "ok";
  return found === 0 ? "off" : "bad";
}

/** The least that a packet whose ICRC can be checked has. */
export const CHECKED_BYTES_MIN = headerBytes.bth + ICRC_BYTES;
