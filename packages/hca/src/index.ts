export { type CounterName, Counters, counterNames } from "./counters.ts";
export { Hca, type HcaOptions } from "./hca.ts";
export type { RegionInit } from "./memory-region.ts";
export { RD_ATOMIC_MAX } from "./modify-qp.ts";
export { recvStride, sendStride } from "./ring.ts";
export type * from "./types.ts";
