import { Random } from "@nomad/base";
import { type Fault, plannedFault, spanMs } from "./fault-plan.ts";
import { manyMoves } from "./move-waves.ts";
import type { PlannedGuest, PlannedMove } from "./planned.ts";
import { timings } from "./timings.ts";
import { hostNames } from "./world.ts";

/** All that a seed decides beforehand; the dice of the faults are thrown under way. */
export interface Plan {
  readonly seed: number;
  readonly hosts: readonly string[];
  readonly guests: readonly PlannedGuest[];
  /** A guest that tries to reach memory of its peer that no key opens. */
  readonly trespasser: boolean;
  readonly latencyMs: number;
  readonly drainBudgetMs: number;
  readonly moves: readonly PlannedMove[];
  readonly faults: readonly Fault[];
}

export interface PlanOptions {
  readonly hosts?: number | undefined;
  /** So many moves; or many at once, of more guests, that cross and meet. Default: 1 to 3. */
  readonly moves?: number | "many" | undefined;
}

/** Time in which an undisturbed guest drains, and a napping one does not. */
const quickDrainMs = 30;

/** Sizes of groups whose members all talk to each other. */
const fewGuests: readonly (readonly number[])[] = [[2], [2], [3], [2, 2], [3, 2]];
const manyGuests: readonly (readonly number[])[] = [
  [2, 2],
  [3, 2],
  [2, 2, 2],
  [3, 3],
  [3, 2, 2],
];

export function planOf(seed: number, o: PlanOptions = {}): Plan {
  const random = new Random(seed);
  const many = o.moves === "many";
  const hosts = hostNames(o.hosts ?? random.between(3, 6));
  const waking = plannedGuests(random, random.pick(many ? manyGuests : fewGuests), hosts);
  const moves = o.moves === "many" ? manyMoves(random, waking, hosts) : fewMoves(random, waking, hosts, o.moves);
  const faults = Array.from({ length: random.pick([0, 1, 1, 2, 2, 3, 4]) }, () => plannedFault(random));
  const trespasser = random.chance(0.1);
  const latencyMs = random.pick([0.02, 0.05, 0.2]);
  // Without time to drain, queue pairs are cut with all under way; a napping guest is cut by its adapter.
  const drainBudgetMs = random.pick([timings.drainBudgetMs, quickDrainMs, 1, 0]);
  const nap = () => (random.chance(0.15) ? { after: random.between(1, 30), ms: 2 * quickDrainMs } : null);
  const napping = waking.map((guest) => ({ ...guest, nap: nap() }));
  const silence = () => (random.chance(0.3) ? { after: random.between(5, 30), looks: random.between(5, 40) } : null);
  const guests = napping.map((guest) => ({ ...guest, silence: silence() }));
  return {
    seed,
    hosts,
    guests,
    trespasser,
    latencyMs,
    drainBudgetMs,
    moves: moves.sort((a, b) => a.atMs - b.atMs),
    faults,
  };
}

function plannedGuests(random: Random, groups: readonly number[], hosts: readonly string[]): PlannedGuest[] {
  return groups.flatMap((size, group) => {
    const names = Array.from({ length: size }, (_, i) => `guest-${group + 1}${String.fromCharCode(97 + i)}`);
    return names.map((name) => ({
      name,
      host: random.pick(hosts),
      peers: names.filter((other) => other !== name),
      restMs: random.pick([0.7, 1.5, 3]),
      nap: null,
      silence: null,
    }));
  });
}

function fewMoves(
  random: Random,
  guests: readonly PlannedGuest[],
  hosts: readonly string[],
  count: number = random.between(1, 3),
): PlannedMove[] {
  return Array.from({ length: count }, () => {
    const guest = random.pick(guests);
    const atMs = random.between(0, spanMs);
    return { atMs, guest: guest.name, to: random.pick(hosts), flipPage: random.chance(0.15) };
  });
}
