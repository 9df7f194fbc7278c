import type { Lid } from "@nomad/base";
import { putU16 } from "./bytes.ts";
import { ipv4Of } from "./roce.ts";

/** Bytes of a global identifier. */
export const GLOBAL_ID_BYTES = 16;

const IP_VERSION = 0x60;
/** What follows a global route header: an InfiniBand transport header. */
const NEXT_HEADER = 0x1b;
const HOP_LIMIT = 64;

/** The first global identifier of a port: its IPv4 address, mapped (::ffff:10.0.x.y). */
export function gidOf(lid: Lid): Uint8Array {
  const gid = new Uint8Array(GLOBAL_ID_BYTES);
  gid[10] = 0xff;
  gid[11] = 0xff;
  gid.set(ipv4Of(lid), 12);
  return gid;
}

/** The LID of the port whose first global identifier this is; undefined when it is no such identifier. */
export function lidOfGid(gid: Uint8Array): Lid | undefined {
  const lid = (((gid[14] ?? 0) << 8) | (gid[15] ?? 0)) as Lid;
  const own = gidOf(lid);
  return gid.length === own.length && gid.every((byte, i) => byte === own[i]) ? lid : undefined;
}

/** Does the identifier name a multicast group (IBA 4.1.1)? */
export function isMulticastGid(gid: Uint8Array): boolean {
  return gid.length === GLOBAL_ID_BYTES && gid[0] === 0xff;
}

/** Does the local identifier name a multicast group: 0xc000 to 0xfffe (IBA 4.1.3)? */
export function isMulticastLid(lid: number): boolean {
  return lid >= 0xc000 && lid <= 0xfffe;
}

/**
 * Writes the 40 bytes of a global route header (IBA 8.3): version 4, traffic class 8, flow label 20, payload length 16, next
 * header 8, hop limit 8, source and destination identifier. Class and label are zero: the wire does not carry them.
 */
export function writeGrh(
  bytes: Uint8Array,
  at: number,
  payloadBytes: number,
  sgid: Uint8Array,
  dgid: Uint8Array,
): void {
  bytes[at] = IP_VERSION;
  bytes[at + 1] = 0;
  putU16(bytes, at + 2, 0);
  putU16(bytes, at + 4, payloadBytes);
  bytes[at + 6] = NEXT_HEADER;
  bytes[at + 7] = HOP_LIMIT;
  for (let i = 0; i < GLOBAL_ID_BYTES; i++) {
    bytes[at + 8 + i] = sgid[i] as number;
    bytes[at + 8 + GLOBAL_ID_BYTES + i] = dgid[i] as number;
  }
}
