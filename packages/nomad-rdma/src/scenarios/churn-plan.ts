import type { Random } from "@nomad/base";
import type { GuestRequest } from "@nomad/protocol/http";
import type { DemoPair } from "./demo-pairs.ts";
import type { PlannedMove } from "./tour-plan.ts";

/** Of so many moves, one is of both ends of a connection at once. */
const bothEndsEvery = 3;

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

/** Is the next move to be of both ends of a connection, so that one in three is? `asked`: of how many guests each was so far. */
export function bothEndsAreDue(asked: readonly number[]): boolean {
  const both = asked.filter((guests) => guests === 2).length;
  return both < Math.floor((asked.length + 1) / bothEndsEvery);
}

/**
 * The next moves to ask for at once: of one guest at rest, or of both ends of a connection. Empty when there is nobody at
 * rest to make it with.
 */
export function churnMoves(
  pairs: readonly DemoPair[],
  hosts: readonly string[],
  resting: ReadonlyMap<string, string>,
  { random, bothEnds }: { readonly random: Random; readonly bothEnds: boolean },
): PlannedMove[] {
  const needed = bothEnds ? 2 : 1;
  const free = pairs.map((pair) => pair.filter((name) => resting.has(name))).filter(({ length }) => length >= needed);
  if (free.length === 0) return [];
  const pair = random.pick(free);
  const chosen = bothEnds ? pair : [random.pick(pair)];
  return chosen.map((guest) => {
    const elsewhere = hosts.filter((host) => host !== resting.get(guest));
    return { guest, to: random.pick(elsewhere) };
  });
}
