import type { Lid } from "@nomad/base";

/** How packets get from one port to another: PathRecord of subnet administration (IBA 15.2.5.16). */
export interface PathRecord {
  readonly sgid: Uint8Array;
  readonly dgid: Uint8Array;
  readonly slid: Lid;
  readonly dlid: Lid;
  /** The partition, as the source is a member of it. */
  readonly pkey: number;
  /** Enum ibv_mtu: 1 is 256 bytes, 5 is 4096. */
  readonly mtu: number;
  /** Enum ibv_rate. */
  readonly rate: number;
  /** Service level. */
  readonly sl: number;
  /** At most so long is a packet under way: 4.096 us * 2^n. */
  readonly packetLifeTime: number;
}

/** What differs from path to path. */
export type PathEnds = Pick<PathRecord, "sgid" | "dgid" | "slid" | "dlid" | "pkey">;

/** What is asked for: the way to a port, by its LID or one of its global identifiers, in a partition or in any. */
export interface PathQuery {
  readonly dlid?: number;
  readonly dgid?: Uint8Array;
  readonly pkey?: number;
}

const MTU_4096 = 5;
/** Nominal: a link is as fast as the socket under it. */
const RATE_10_GBPS = 3;
/** 0.27 s, for a process that shares its core may pause. */
const PACKET_LIFE_TIME = 16;
const ACK_TIMEOUT_MAX = 31;

/** All links are alike: every path has the same MTU, rate, service level and lifetime. */
export function pathRecord(ends: PathEnds): PathRecord {
  return { ...ends, mtu: MTU_4096, rate: RATE_10_GBPS, sl: 0, packetLifeTime: PACKET_LIFE_TIME };
}

/** The local ACK timeout (a code, 4.096 us * 2^n) for a path: there and back again, as rdma_cm reckons. */
export function ackTimeoutOf(path: PathRecord): number {
  return Math.min(path.packetLifeTime + 1, ACK_TIMEOUT_MAX);
}
