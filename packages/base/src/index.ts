export { assert, unreachable } from "./assert.ts";
export type { Brand, Lid, LKey, Psn, Qpn, RKey, VKey, VLid, VQpn } from "./brand.ts";
export type { Cancel, Clock } from "./clock.ts";
export { type ErrorCode, errorCodes, NomadError } from "./error.ts";
export { type FaultKind, faultKinds, type RuledTraffic, ruledTraffic } from "./fault.ts";
export { defaults, limits, type Timings, timings } from "./limits.ts";
export { type PlantedBug, plant, planted, plantedBugs } from "./planted.ts";
export { Random } from "./random.ts";
export { VirtualClock } from "./virtual-clock.ts";
