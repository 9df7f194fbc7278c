import type { FaultRequest } from "@nomad/protocol/http";
import type { CellPhase } from "../outcomes.ts";
import type { MatrixLab } from "./matrix-lab.ts";

const lost = (message: string): FaultRequest => ({ kind: "drop", on: ["control"], message });

/** What a phase waits for: as long as this fault stands the move stays in it. */
const holds: Readonly<Record<CellPhase, FaultRequest>> = {
  planned: lost("PREPARE"),
  prepared: lost("PRECOPY"),
  precopy: lost("SUSPEND"),
  suspended: lost("SUSPEND_PEER"),
  "peers-suspended": lost("STOP"),
  stopped: lost("BIND"),
  bound: { kind: "delay", on: ["journal"], ms: 120_000 },
  COMMITTED: lost("RUN"),
  running: lost("PEERS_RESUMED"),
  "peers-resumed": lost("RELEASE"),
  aborting: lost("ABORT"),
};

/** A move that is held in a phase. */
export interface Held {
  /** Resolves once the move is in its phase: `reached` waits for one. */
  readonly letReach: (reached: (phase: CellPhase) => Promise<void>) => Promise<void>;
  /** The fault that holds it there. */
  readonly hold: () => string;
}

/** Before a move begins: let it go as far as `phase`. */
export async function holdIn(lab: MatrixLab, phase: CellPhase): Promise<Held> {
  // The disk may be slow only for the decision: until then the move goes on.
  const first = await lab.client.addFault(phase === "bound" ? holds.stopped : holds[phase]);
  let hold = first.id;
  const letReach: Held["letReach"] = async (reached) => {
    if (phase !== "bound") return reached(phase);
    await reached("stopped");
    hold = (await lab.client.addFault(holds.bound)).id;
    await lab.client.liftFault(first.id);
    await reached("bound");
  };
  return { letReach, hold: () => hold };
}
