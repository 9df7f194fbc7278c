import { Random, type RuledTraffic } from "@nomad/base";
import type { Phase } from "@nomad/protocol";
import type { FaultRule } from "@nomad/wire";
import { hostNames } from "./world.ts";

/** Who of a move a fault is about; resolved when it strikes. */
export type Role = "source" | "destination" | "bystander" | "central";

/** When a fault strikes: so long after the guests talk, or (and not before) when a move enters this phase. */
export interface Moment {
  readonly atMs: number;
  readonly phase: Phase | null;
  /** How long after the phase was entered, ms. */
  readonly lagMs: number;
}

type RuledKind = Exclude<FaultRule["kind"], "cut">;

export type Fault = { readonly when: Moment; readonly forMs: number } & (
  | { readonly do: RuledKind; readonly on: readonly RuledTraffic[]; readonly chance: number; readonly ms: number }
  /** Nothing passes: between two, or (`oneWay`) from one to the other. */
  | { readonly do: "cut"; readonly a: Role; readonly b: Role; readonly oneWay: boolean }
  | { readonly do: "crash"; readonly who: Role }
  /** Crash, and another incarnation after `forMs`. */
  | { readonly do: "restart"; readonly who: Role }
  | { readonly do: "pause"; readonly who: Role }
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
  "drift",
  "forge",
];

export interface PlannedGuest {
  readonly name: string;
  readonly host: string;
  readonly peers: readonly string[];
  readonly restMs: number;
}

export interface PlannedMove {
  readonly atMs: number;
  readonly guest: string;
  readonly to: string;
  readonly flipPage: boolean;
}

/** All that a seed decides beforehand; the dice of the faults are thrown under way. */
export interface Plan {
  readonly seed: number;
  readonly hosts: readonly string[];
  readonly guests: readonly PlannedGuest[];
  /** A guest that tries to reach memory of its peer that no key opens. */
  readonly trespasser: boolean;
  readonly latencyMs: number;
  readonly moves: readonly PlannedMove[];
  readonly faults: readonly Fault[];
}

export interface PlanOptions {
  readonly hosts?: number | undefined;
  readonly moves?: number | undefined;
}

/** Phases that a fault may strike in. */
export const strikable: readonly Phase[] = [
  "planned",
  "prepared",
  "precopy",
  "suspended",
  "peers-suspended",
  "stopped",
  "bound",
  "COMMITTED",
  "running",
  "peers-resumed",
  "aborting",
];

const spanMs = 60;
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

export function planOf(seed: number, o: PlanOptions = {}): Plan {
  const random = new Random(seed);
  const hosts = hostNames(o.hosts ?? random.between(3, 6));
  const guests = plannedGuests(random, hosts);
  const moves = Array.from({ length: o.moves ?? random.between(1, 3) }, () => plannedMove(random, guests, hosts));
  const faults = Array.from({ length: random.pick([0, 1, 1, 2, 2, 3, 4]) }, () => plannedFault(random));
  return {
    seed,
    hosts,
    guests,
    trespasser: random.chance(0.1),
    latencyMs: random.pick([0.02, 0.05, 0.2]),
    moves: moves.sort((a, b) => a.atMs - b.atMs),
    faults,
  };
}

/** A pair or two, or a ring of three and maybe a pair. */
function plannedGuests(random: Random, hosts: readonly string[]): PlannedGuest[] {
  const groups = random.pick([[2], [2], [3], [2, 2], [3, 2]]);
  return groups.flatMap((size, group) => {
    const names = Array.from({ length: size }, (_, i) => `guest-${group + 1}${String.fromCharCode(97 + i)}`);
    return names.map((name) => ({
      name,
      host: random.pick(hosts),
      peers: names.filter((other) => other !== name),
      restMs: random.pick([0.7, 1.5, 3]),
    }));
  });
}

function plannedMove(random: Random, guests: readonly PlannedGuest[], hosts: readonly string[]): PlannedMove {
  const guest = random.pick(guests);
  return { atMs: random.between(0, spanMs), guest: guest.name, to: random.pick(hosts), flipPage: random.chance(0.15) };
}

function plannedFault(random: Random): Fault {
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
  return { do: name, when, forMs, on, chance: random.pick([0.05, 0.3, 0.8]), ms };
}
