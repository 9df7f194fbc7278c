import type { Random } from "@nomad/base";
import type { GuestRequest } from "@nomad/protocol/http";
import type { DemoPair } from "./demo-pairs.ts";
import type { PlannedMove } from "./tour-plan.ts";

/** Of the moves, this part is of both ends of a connection at once. */
const bothEndsShare = 1 / 3;

/** The guests of a churn: pairs that talk, each guest on the next host; one of each pair rewrites its memory. */
export function churnGuests(
  pairs: readonly DemoPair[],
  hosts: readonly string[],
  o: { readonly seed: number; readonly rate: number },
): Required<GuestRequest>[] {
  return pairs.flat().map((name, i) => {
    const peer = pairs.flat()[i ^ 1] as string;
    const said = { name, peer, seed: String(o.seed), rate: String(o.rate), dirty: String(i & 1) };
    return { name, image: "pair", host: hosts[i % hosts.length] as string, arguments: said };
  });
}

/** The next moves to ask for at once: of one guest at rest, or of both ends of a connection. Empty when none is at rest. */
export function churnMoves(
  pairs: readonly DemoPair[],
  hosts: readonly string[],
  resting: ReadonlyMap<string, string>,
  random: Random,
): PlannedMove[] {
  const free = pairs.filter((pair) => pair.some((name) => resting.has(name)));
  if (free.length === 0) return [];
  const pair = random.pick(free);
  const movable = pair.filter((name) => resting.has(name));
  const chosen = movable.length === 2 && !random.chance(bothEndsShare) ? [random.pick(movable)] : movable;
  return chosen.map((guest) => {
    const elsewhere = hosts.filter((host) => host !== resting.get(guest));
    return { guest, to: random.pick(elsewhere) };
  });
}
