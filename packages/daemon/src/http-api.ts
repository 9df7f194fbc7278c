// Central's HTTP API over any central: what a simulated lab needs to be looked at like a real one.
export { Captures, captureLab } from "./capture/shell/captures.ts";
export { type HttpApiOptions, httpApi } from "./central/shell/http/api.ts";
export type { ServedCentral } from "./central/shell/http/served-central.ts";
export { FaultDesk } from "./faults/fault-desk.ts";
export { MoveTraffics } from "./traffic/move-traffics.ts";
