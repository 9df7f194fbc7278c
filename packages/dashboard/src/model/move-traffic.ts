import type { MoveRecord, MoveTraffic } from "@nomad/protocol/http";

/** A guest's traffic as it is drawn; times in ms. */
export interface ChartedTraffic {
  readonly times: readonly number[];
  readonly bytesPerSecond: readonly number[];
  /** Null where no request was acknowledged. */
  readonly roundTripMs: readonly (number | null)[];
  /** When the guest stood still. */
  readonly pause: readonly [from: number, to: number] | null;
}

/** Through a move, since its beginning. */
export function chartOf(move: MoveRecord, { binMs, fromMs, bytes, roundTripMs }: MoveTraffic): ChartedTraffic {
  return {
    times: bytes.map((_, i) => fromMs + i * binMs),
    bytesPerSecond: bytes.map((sum) => (sum * 1000) / binMs),
    roundTripMs: roundTripMs.map((ms) => (ms > 0 ? ms : null)),
    pause: pauseOf(move),
  };
}

/** From the guest's stop to its run elsewhere; null when it has not come so far. */
function pauseOf({ phases }: MoveRecord): ChartedTraffic["pause"] {
  const reached = new Map<string, number>();
  let at = 0;
  for (const [phase, ms] of Object.entries(phases)) {
    at += ms;
    reached.set(phase, at);
  }
  const [from, to] = [reached.get("peers-suspended"), reached.get("running")];
  return from === undefined || to === undefined ? null : [from, to];
}
