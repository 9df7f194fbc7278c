import type { Random, RuledTraffic } from "@nomad/base";
import { isEnded, type Phase, phases } from "@nomad/protocol";
import type { FaultRule } from "@nomad/wire";

/** Who of a move a fault is about; resolved when it strikes. */
export type Role = "source" | "destination" | "bystander" | "central";

/** When a fault strikes: so long after the guests talk, or (and not before) when a move enters this phase. */
export interface Moment {
  readonly atMs: number;
  readonly phase: Phase | null;
  /** How long after the phase was entered, ms. */
  readonly lagMs: number;
}

/** In which direction of travel; null is anyone. */
interface Direction {
  readonly from: Role | null;
  readonly to: Role | null;
}

type RuledKind = Exclude<FaultRule["kind"], "cut">;

/** What messages or packets on their way suffer, by chance. */
export interface RuledFault extends Direction {
  readonly do: RuledKind;
  readonly on: readonly RuledTraffic[];
  readonly chance: number;
  readonly ms: number;
}

export type Fault = { readonly when: Moment; readonly forMs: number } & (
  | RuledFault
  /** Nothing passes: between two, or (`oneWay`) from one to the other. */
  | { readonly do: "cut"; readonly a: Role; readonly b: Role; readonly oneWay: boolean }
  | { readonly do: "crash"; readonly who: Role }
  /** Crash, and another incarnation after `forMs`. */
  | { readonly do: "restart"; readonly who: Role }
  | { readonly do: "pause"; readonly who: Role }
  /** Central's power fails in the middle of its next write; it is back after `forMs`. */
  | { readonly do: "torn-write" }
  | { readonly do: "slow-disk"; readonly commitMs: number }
  | { readonly do: "drift"; readonly who: Role; readonly rate: number }
  /** A host asks to resume a move's peers without having its token. */
  | { readonly do: "forge" }
);
export type FaultName = Fault["do"];

export const faultNames: readonly FaultName[] = [
  "delay",
  "drop",
  "duplicate",
  "reorder",
  "corrupt",
  "cut",
  "crash",
  "restart",
  "pause",
  "slow-disk",
  "torn-write",
  "drift",
  "forge",
];

/** Phases that a fault may strike in. */
export const strikable: readonly Phase[] = phases.filter((phase) => !isEnded(phase));

/** Within which moves are asked for, and faults strike, ms after the guests talk. */
export const spanMs = 60;
/** Those who take part in a move, more often than others. */
const roles: readonly Role[] = ["source", "source", "destination", "destination", "bystander"];
/** Around the decision a fault does most. */
const chosenPhases: readonly Phase[] = [
  ...strikable,
  "stopped",
  "bound",
  "COMMITTED",
  "COMMITTED",
  "aborting",
  "aborting",
];

export function plannedFault(random: Random): Fault {
  const phase = random.chance(0.75) ? random.pick(chosenPhases) : null;
  const when: Moment = {
    atMs: random.between(0, phase ? spanMs / 2 : spanMs),
    phase,
    lagMs: random.pick([0, 0, 0.1, 0.25, 1]),
  };
  const name = random.pick(faultNames);
  const forMs = random.between(2, 30);
  const who = random.pick(roles);
  switch (name) {
    case "cut":
      return { do: name, when, forMs, a: who, b: random.pick([...roles, "central"]), oneWay: random.chance(0.3) };
    case "crash":
      return { do: name, when, forMs, who };
    case "restart":
      return { do: name, when, forMs, who: random.pick<Role>([...roles, "central", "central"]) };
    case "pause":
      return plannedPause(random, when, forMs);
    case "slow-disk":
      return { do: name, when, forMs, commitMs: random.between(1, 10) };
    case "drift":
      return {
        do: name,
        when,
        forMs,
        who: random.pick([...roles, "central"]),
        rate: random.pick([0.9, 0.99, 1.01, 1.1]),
      };
    case "torn-write":
    case "forge":
      return { do: name, when, forMs };
    default:
      return ruled(random, name, when, forMs);
  }
}

/** Central may be away for longer than hosts may be silent; a host that is, is dead. */
function plannedPause(random: Random, when: Moment, forMs: number): Fault {
  const who = random.pick([...roles, "central" as const]);
  return { do: "pause", when, who, forMs: who === "central" && random.chance(0.3) ? 10 * forMs : forMs };
}

function ruled(random: Random, name: RuledKind, when: Moment, forMs: number): Fault {
  const ofSockets = [["control", "peer"], ["wire"]] as const;
  // Sockets keep messages and pages whole; a page that comes again, late, is of interest.
  const traffic = {
    corrupt: [["wire"]],
    duplicate: [...ofSockets, ["bulk"]],
    delay: ofSockets,
    drop: ofSockets,
    reorder: ofSockets,
  } as const;
  const on = random.pick<readonly RuledTraffic[]>(traffic[name]);
  const ms = random.pick([0.3, 1, 5, 12]);
  const direction = on.includes("bulk") || random.chance(0.5) ? everywhere : plannedDirection(random);
  return { do: name, when, forMs, on, chance: random.pick([0.05, 0.3, 0.8]), ms, ...direction };
}

const everywhere: Direction = { from: null, to: null };

/** What goes one way suffers, what comes back does not. */
function plannedDirection(random: Random): Direction {
  const from = random.pick<Role | null>([...roles, "central", null]);
  const to = random.pick<Role | null>([...roles, "central", null]);
  return { from, to: to === from ? null : to };
}
