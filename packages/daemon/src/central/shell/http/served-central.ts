import type { Central } from "@nomad/protocol";
import type { LabEvent } from "@nomad/protocol/http";
import type { Captures } from "../../../capture/shell/captures.ts";
import type { FaultDesk } from "../../../faults/fault-desk.ts";
import type { MoveTraffics } from "../../../traffic/move-traffics.ts";

/** A central as its HTTP API needs it: the daemon's process, or one that is simulated. */
export interface ServedCentral {
  readonly core: Central;
  readonly captures: Captures;
  readonly faults: FaultDesk;
  readonly traffics: MoveTraffics;
  /** The core's time, ms. */
  now(): number;
  /** Calls `watcher` with everything that changes; the answer ends it. */
  watch(watcher: (event: LabEvent) => void): () => void;
  /** Carry out what the core has decided. */
  turn(): void;
}
