import type { Amounts } from "../hca/amounts.ts";

/** What a guest that is moved does meanwhile, and how many connections it has. */
export interface MoveCase {
  /** On each connection of an active guest a message goes to and fro. */
  readonly load: "idle" | "active";
  readonly queuePairs: number;
  /** Are its objects made at the destination while it is copied? */
  readonly presetup: boolean;
}

/** How much the move suite does. */
export interface MoveAmounts {
  readonly cases: readonly MoveCase[];
  /** Pairs of guests, one after the other, that are moved for each case; the cases take turns. */
  readonly pairs: number;
  /** Moves of each pair that count; one more warms up. */
  readonly moves: number;
  /** What is measured beside the moves, so many times. */
  readonly rounds: number;
  /** After so long no further pairs of guests are started, s. */
  readonly secondsMax: number;
}

const one: MoveCase = { load: "idle", queuePairs: 1, presetup: true };

export const fullMoves: MoveAmounts = {
  cases: [
    one,
    { ...one, queuePairs: 4096 },
    { ...one, queuePairs: 4096, presetup: false },
    { ...one, load: "active" },
    { ...one, load: "active", queuePairs: 256 },
  ],
  pairs: 3,
  moves: 4,
  rounds: 20,
  secondsMax: 120,
};
export const quickMoves: MoveAmounts = {
  cases: [one, { ...one, load: "active" }],
  pairs: 1,
  moves: 1,
  rounds: 2,
  secondsMax: 120,
};

/** Memory of the guest program `many`. */
export const guestBytes = 64 * 2 ** 20;

/** How much the sockets carry beside which copying is put. */
export const socketAmounts: Pick<Amounts, "bandwidthBytes" | "roundTrips" | "messages"> = {
  bandwidthBytes: guestBytes,
  roundTrips: 1,
  messages: 1,
};
