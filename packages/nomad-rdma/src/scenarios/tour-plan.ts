import { NomadError, type Random } from "@nomad/base";

/** A move that a scenario is going to ask for. */
export interface PlannedMove {
  readonly guest: string;
  readonly to: string;
}

/** Who moves where. */
export interface TourOptions {
  /** The tourist starts on the first host, the companion on the second. */
  readonly hosts: readonly string[];
  readonly tourist: string;
  readonly companion: string;
  /** Exactly so many moves; when left out, as many as the whole story takes, and at least five. */
  readonly moves?: number | undefined;
  /** Decides the moves after the story. */
  readonly random: Random;
}

const movesMin = 5;

/**
 * The story: the tourist visits every host and comes home, meeting the companion on the way and leaving it again; then
 * the companion visits the tourist and leaves. After that both wander. Fails with E_USAGE for fewer than two hosts.
 */
export function tourPlan(options: TourOptions): PlannedMove[] {
  const { hosts, tourist, companion } = options;
  const [home, next] = hosts;
  if (home === undefined || next === undefined) throw new NomadError("E_USAGE", "a tour needs at least two hosts");
  const tour = [...hosts.slice(1), home].map((to) => ({ guest: tourist, to }));
  const visit = [home, hosts[2] ?? next].map((to) => ({ guest: companion, to }));
  const story = [...tour, ...visit];
  const count = options.moves ?? Math.max(movesMin, story.length);
  return [...story, ...wander(options, story, count - story.length)].slice(0, count);
}

/** Where each guest is after some moves. */
export function placesAfter(options: TourOptions, moves: readonly PlannedMove[]): Map<string, string> {
  const places = new Map<string, string>();
  const [home, next] = options.hosts;
  if (home !== undefined) places.set(options.tourist, home);
  if (next !== undefined) places.set(options.companion, next);
  for (const move of moves) places.set(move.guest, move.to);
  return places;
}

function wander(options: TourOptions, story: readonly PlannedMove[], count: number): PlannedMove[] {
  const places = placesAfter(options, story);
  const moves: PlannedMove[] = [];
  while (moves.length < count) {
    const guest = options.random.pick([options.tourist, options.companion]);
    const to = options.random.pick(options.hosts.filter((host) => host !== places.get(guest)));
    places.set(guest, to);
    moves.push({ guest, to });
  }
  return moves;
}
