import { limits, NomadError } from "@nomad/base";

/** How many objects of each kind an adapter has room for: `max_*` of ibv_device_attr. */
export interface DeviceLimits {
  readonly maxPd: number;
  readonly maxMr: number;
  readonly maxMw: number;
  readonly maxCq: number;
  readonly maxQp: number;
  readonly maxSrq: number;
  readonly maxAh: number;
  readonly maxMcastGrp: number;
  readonly maxMcastQpAttach: number;
}

export const deviceLimits: DeviceLimits = {
  maxPd: 2 ** 16,
  maxMr: 2 ** 20,
  maxMw: 2 ** 18,
  maxCq: 2 ** 17,
  maxQp: 2 ** 18,
  maxSrq: 2 ** 14,
  maxAh: 2 ** 18,
  maxMcastGrp: 2 ** 12,
  maxMcastQpAttach: 2 ** 12,
};

/** Fetches (READs and atomics) that a queue pair may have under way in either direction. */
export const RD_ATOMIC_MAX = 128;

/** What every adapter of this kind can do, besides how many objects it has room for. */
export const deviceCapabilities = {
  maxQpWr: limits.ringEntriesMax,
  maxSge: limits.sgesMax,
  maxCqe: limits.ringEntriesMax,
  maxSrqWr: limits.ringEntriesMax,
  maxSrqSge: limits.sgesMax,
  maxQpRdAtom: RD_ATOMIC_MAX,
  maxQpInitRdAtom: RD_ATOMIC_MAX,
  physPortCnt: 1,
  /** One-sided atomics are atomic among what adapters do: IBV_ATOMIC_HCA. */
  atomicCap: "HCA",
  /** Windows of type 2 are bound to a queue pair and its domain (IBA's 2B). */
  memoryWindowType2B: true,
} as const;

export type DeviceAttributes = DeviceLimits & typeof deviceCapabilities;

/** @throws NomadError E_TOO_LARGE when there is no room for one more. */
export function checkRoom(used: number, max: number, what: string): void {
  if (used >= max) throw new NomadError("E_TOO_LARGE", `the adapter has room for ${max} ${what}`);
}
