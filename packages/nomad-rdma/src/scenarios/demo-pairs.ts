import type { GuestReport, GuestRequest, Host } from "@nomad/protocol/http";

/** Two guests that talk to each other. */
export type DemoPair = readonly [string, string];

const names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "kate", "leo"];

/** How many pairs there are names for. */
export const demoPairsMax = names.length / 2;

/** So many pairs: alice and bob, carol and dave, and so on. */
export function demoPairs(count: number): DemoPair[] {
  return Array.from({ length: count }, (_, i) => names.slice(2 * i, 2 * i + 2) as unknown as DemoPair);
}

/**
 * The guests of one round of a pair, for any hosts. Their programs call each other by names of this
 * round alone: what one of the last round left behind for its peer must not be taken for this one's.
 */
export function demoGuests(pair: DemoPair, o: { readonly round: number; readonly rate: number }): GuestRequest[] {
  const called = (guest: string) => `${guest}-${o.round}`;
  const guest = (name: string, peer: string, dirty: "0" | "1"): GuestRequest => ({
    name,
    image: "pair",
    arguments: { name: called(name), peer: called(peer), seed: String(o.round), rate: String(o.rate), dirty },
  });
  const [first, second] = pair;
  return [guest(first, second, "0"), guest(second, first, "1")];
}

/**
 * Where a guest of the demo shall start: they take turns on the hosts that are up, so that all are used and no two of a
 * pair meet where there are two hosts. Empty when none is up: central then says so.
 */
export function demoHost(guest: string, hosts: readonly Host[]): { host?: string } {
  const up = hosts.filter(({ state }) => state === "up").map(({ name }) => name);
  const inOrder = up.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const host = inOrder[names.indexOf(guest) % inOrder.length];
  return host === undefined ? {} : { host };
}

/** What a round of a pair came to, from the last reports of both. */
export function roundText(pair: DemoPair, reports: readonly (GuestReport | null)[]): string {
  const who = pair.join(" <-> ");
  const connections = reports.flatMap((report) => report?.connections ?? []);
  if (reports.every((report) => report?.verified)) {
    const delivered = connections.reduce((sum, connection) => sum + connection.delivered, 0);
    return `${who}: verified: ${delivered} messages, nothing lost, doubled, reordered or changed`;
  }
  return `${who}: NOT verified: ${JSON.stringify(connections)}`;
}
