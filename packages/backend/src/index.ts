export type { AhRecord } from "./address-handles.ts";
export { Backend } from "./backend.ts";
export type { Device, DeviceKind, DeviceSnapshot, Qp, QpAddress, QpRecord, RemoteName } from "./device.ts";
export { deviceMemory } from "./device-memory.ts";
export type { BackendEvents, KeyWanted } from "./events.ts";
export { missed, type Outcome } from "./hypercalls/index.ts";
export * as migration from "./migration/index.ts";
export type { PeerCut, PeerName } from "./migration/names.ts";
export { enrolQp, type ProgramQp, withdrawQp } from "./programs.ts";
