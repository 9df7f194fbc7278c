export { authority, centralName, mayTell, type Role, roleOf } from "./authority.ts";
export { Central, type CentralOptions } from "./central/central.ts";
export type { CentralEffect, CentralEvent, JournalEntry } from "./central/effects.ts";
export { type Recovered, recover } from "./central/records.ts";
export type { MovePlan } from "./central/sequencer.ts";
export { decodeMessage, encodeMessage } from "./codec.ts";
export { Coordinator, type CoordinatorOptions } from "./coordinator/coordinator.ts";
export type { BulkAction, Copied, Created, HostEffect, HostEvent, Round, VmmAction } from "./coordinator/effects.ts";
export type { ProgramOptions, Programs } from "./coordinator/programs.ts";
export {
  type Answer,
  isAnswer,
  isRequest,
  type Message,
  type Notice,
  type Request,
  type RequestOf,
  type Unnumbered,
} from "./message.ts";
export { hasKind, refusalOf } from "./older-versions.ts";
export { isDecided, isEnded, type Phase, phases } from "./phase.ts";
export type { CaptureFilter, HostEntry, PortSettings, StandingFault, VmState } from "./schema.ts";
export { protocolVersion, spokenVersions } from "./version.ts";
