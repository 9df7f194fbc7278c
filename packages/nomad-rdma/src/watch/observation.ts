import { type Guest, type GuestReport, hasEnded, type MoveRecord, type Status } from "@nomad/protocol/http";
import { invariants } from "./invariants.ts";

/** What was seen of a lab at about one time: its state before and after the hosts were asked. */
export interface Observation {
  readonly before: Status;
  /** Guests that have a share of the adapter, by host; those that answered. */
  readonly devices: ReadonlyMap<string, number>;
  readonly after: Status;
}

/**
 * Hosts that have other guests than they own. What happens between two questions may show like that once: it counts when it
 * shows again at the next look.
 */
export function shareViolations(seen: Observation): string[] {
  return oneShareEach(seen).map((what) => violation(4, what));
}

/** What else an observation shows that must not be, one sentence each. */
export function violations(seen: Observation): string[] {
  return judgements.flatMap(([number, judge]) => judge(seen).map((what) => violation(number, what)));
}

/** What a report says that must not be. `atomics` are only settled at a guest's end. */
export function reportViolations({ guest, connections }: GuestReport): string[] {
  return connections.flatMap(({ peer, ...counts }) =>
    (["duplicated", "reordered", "corrupted"] as const)
      .filter((fault) => counts[fault] > 0)
      .map((fault) => violation(1, `${guest} has ${counts[fault]} messages of ${peer} ${fault}`)),
  );
}

const violation = (number: number, what: string): string =>
  `invariant ${number} (${invariants[number]?.what}): ${what}`;

type Judge = (seen: Observation) => string[];

const judgements: readonly (readonly [number, Judge])[] = [
  [4, sameMemory],
  [4, ownersByMoves],
  [8, abortedStay],
  [9, epochsRise],
  [10, lostWithTheirHosts],
];

/** At a host are the guests that it owns; while moves touch it, one more for each of them, or one less. */
function oneShareEach({ before, devices, after }: Observation): string[] {
  return [...devices].flatMap(([host, count]) => {
    const [owned, movesHere] = [restingAt(before, after, host), touching(before, after, host)];
    const fits = owned <= count && count <= owned + movesHere;
    return fits ? [] : [`${host} has ${count} guests, and owns ${owned}, with ${movesHere} moves and starts beside`];
  });
}

/** Guests that are at rest at this host in both. */
function restingAt(before: Status, after: Status, host: string): number {
  const later = byName(after);
  const rests = ({ name, epoch }: Guest) => {
    const now = later.get(name);
    return now?.state === "running" && now.epoch === epoch;
  };
  return before.guests.filter((guest) => guest.host === host && guest.state === "running" && rests(guest)).length;
}

/** Moves from or to the host that have not ended in both, and guests that begin or end there meanwhile. */
function touching(before: Status, after: Status, host: string): number {
  const over = new Set(before.moves.filter(({ outcome }) => outcome !== "").map(({ id }) => id));
  const moves = after.moves.filter(({ id, from, to }) => !over.has(id) && (from === host || to === host));
  const earlier = byName(before);
  const turning = after.guests.filter((guest) => {
    const then = earlier.get(guest.name);
    if (guest.host !== host || (hasEnded(guest) && (!then || hasEnded(then)))) return false;
    return guest.state === "starting" || then?.state !== guest.state;
  });
  return moves.length + turning.length;
}

function sameMemory({ after }: Observation): string[] {
  return after.moves
    .filter(
      ({ outcome, digestSource, digestDestination }) => outcome === "released" && digestSource !== digestDestination,
    )
    .map(({ id, guest }) => `move ${id} of ${guest} was made with digests that differ`);
}

const made = ({ phase, outcome }: MoveRecord): boolean =>
  outcome === "released" || ["COMMITTED", "running", "peers-resumed"].includes(phase);

/** Nobody gets a guest but by a move. */
function ownersByMoves({ before, after }: Observation): string[] {
  const earlier = byName(before);
  return after.guests.flatMap(({ name, vlid, host }) => {
    const then = earlier.get(name);
    if (then?.vlid !== vlid || then.host === host) return [];
    const led = after.moves.some((move) => move.guest === name && move.to === host && made(move));
    return led ? [] : [`${name} was at ${then.host} and is at ${host}, and no move has led there`];
  });
}

/** Who has no move under way, and whose last one was undone, is where that began. */
function abortedStay({ after }: Observation): string[] {
  return after.guests.flatMap(({ name, host, state }) => {
    const last = after.moves.filter(({ guest }) => guest === name).at(-1);
    if (state !== "running" || last?.outcome !== "aborted" || last.from === host) return [];
    return [`${name} is at ${host} after move ${last.id} from ${last.from} was undone`];
  });
}

function epochsRise({ before, after }: Observation): string[] {
  const earlier = byName(before);
  return after.guests.flatMap(({ name, vlid, epoch }) => {
    const then = earlier.get(name);
    return then?.vlid === vlid && epoch < then.epoch ? [`${name} had epoch ${then.epoch} and has ${epoch}`] : [];
  });
}

function lostWithTheirHosts({ after }: Observation): string[] {
  const lost = new Set(after.hosts.filter(({ state }) => state === "lost").map(({ name }) => name));
  return after.guests
    .filter(({ host, state }) => state === "running" && lost.has(host))
    .map(({ name, host }) => `${name} is said to run at ${host}, which is lost`);
}

const byName = ({ guests }: Status): Map<string, Guest> => new Map(guests.map((guest) => [guest.name, guest]));
