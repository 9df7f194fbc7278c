/** Bytes of payload by enum ibv_mtu: 1 is 256, 5 is 4096. */
const mtuBytesTable = [0, 256, 512, 1024, 2048, 4096] as const;

/** Bytes of payload of a path MTU given as enum ibv_mtu, or null when there is no such MTU. */
export function mtuBytes(mtu: number): number | null {
  return mtuBytesTable[mtu] || null;
}

/** Packets that a message of `bytes` takes: an empty one takes one. */
export function packetsOf(bytes: number, mtu: number): number {
  return bytes === 0 ? 1 : Math.ceil(bytes / mtu);
}
