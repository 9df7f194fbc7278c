import type { Random } from "@nomad/base";
import { spanMs } from "./fault-plan.ts";
import type { PlannedGuest, PlannedMove } from "./planned.ts";

/** Where each guest is meant to be by now. */
type Places = Map<string, string>;
type Order = readonly [guest: string, to: string];

/** Moves that are asked for at once. */
type Wave = (random: Random, guests: readonly PlannedGuest[], hosts: readonly string[], places: Places) => Order[];

/** Both ends of a connection, to any hosts, maybe one. */
const bothEnds: Wave = (random, guests, hosts) =>
  connection(random, guests).map((guest) => [guest, random.pick(hosts)]);

/** Both ends, each to where the other is. */
const crossing: Wave = (random, guests, _hosts, places) => {
  const [a, b] = connection(random, guests);
  return [
    [a, places.get(b) as string],
    [b, places.get(a) as string],
  ];
};

/** A whole group in a circle: each to where the next is. */
const circle: Wave = (random, guests, _hosts, places) => {
  const { name, peers } = random.pick(guests);
  const group = [name, ...peers];
  return group.map((guest, i) => [guest, places.get(group[(i + 1) % group.length] as string) as string]);
};

/** All guests of a host, to the others in turn. */
const evacuation: Wave = (random, _guests, hosts, places) => {
  const from = random.pick(hosts);
  const others = hosts.filter((host) => host !== from);
  const here = [...places].filter(([, host]) => host === from).map(([guest]) => guest);
  return here.map((guest, i) => [guest, others[i % others.length] as string]);
};

const waves: readonly Wave[] = [bothEnds, bothEnds, crossing, circle, evacuation];

function connection(random: Random, guests: readonly PlannedGuest[]): [string, string] {
  const { name, peers } = random.pick(guests);
  return [name, random.pick(peers)];
}

/** Waves of moves that begin together, or nearly; a guest may be asked to move again while it still does. */
export function manyMoves(random: Random, guests: readonly PlannedGuest[], hosts: readonly string[]): PlannedMove[] {
  const places: Places = new Map(guests.map(({ name, host }) => [name, host]));
  const starts = Array.from({ length: random.between(3, 6) }, () => random.between(0, spanMs)).sort((a, b) => a - b);
  return starts.flatMap((startMs) =>
    random
      .pick(waves)(random, guests, hosts, places)
      .map(([guest, to]) => {
        places.set(guest, to);
        return { atMs: startMs + random.pick([0, 0, 0.4, 2]), guest, to, flipPage: random.chance(0.05) };
      }),
  );
}
