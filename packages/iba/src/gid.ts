import type { Lid } from "@nomad/base";
import { GLOBAL_ID_BYTES } from "./grh.ts";

/** The prefix of a subnet to which nobody has given another: link-local (IBA 4.1.1). */
export const SUBNET_PREFIX_DEFAULT = 0xfe80_0000_0000_0000n;

/** An EUI-64 of emulated ports: locally administered, ff:fe in the middle, the LID at its end. */
const GUID_BASE = 0x024e_4dff_fe00_0000n;

/** The globally unique identifier of a port, 64 bits. Emulated hardware has none from its maker: it follows from the LID. */
export function guidOf(lid: Lid): bigint {
  return GUID_BASE | BigInt(lid);
}

/** The global identifier, 16 bytes, that a subnet's prefix and a port's GUID make (IBA 4.1.1). */
export function subnetGid(prefix: bigint, guid: bigint): Uint8Array {
  const gid = new Uint8Array(GLOBAL_ID_BYTES);
  const view = new DataView(gid.buffer);
  view.setBigUint64(0, prefix);
  view.setBigUint64(8, guid);
  return gid;
}

/** As Linux shows it under /sys/class/infiniband: eight groups of four hexadecimal digits. */
export function gidText(gid: Uint8Array): string {
  const digits = Array.from(gid, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/(.{4})(?=.)/g, "$1:");
}
