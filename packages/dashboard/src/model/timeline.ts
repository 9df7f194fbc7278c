import type { MoveRecord } from "@nomad/protocol/http";

/** A phase of a move as a part of its bar. */
export interface Bar {
  readonly phase: string;
  readonly ms: number;
  /** Where it begins and how long it is, in parts of the whole, 0 to 1. */
  readonly from: number;
  readonly width: number;
  /** The guest stands still in it. */
  readonly paused: boolean;
}

/** In these the guest does not run. Each is the time until the next phase was reached. */
const stillPhases = new Set(["peers-suspended", "stopped", "bound", "COMMITTED"]);

/** The phases of a move one after the other, as far as it has come; `elapsedMs` is how long the present one has lasted. */
export function barsOf(move: MoveRecord, elapsedMs = 0): Bar[] {
  const spent = Object.entries(move.phases).map(([phase, ms]) => ({ phase, ms }));
  if (move.outcome === "" && !(move.phase in move.phases)) spent.push({ phase: move.phase, ms: elapsedMs });
  const total = spent.reduce((sum, { ms }) => sum + ms, 0);
  let at = 0;
  return spent.map(({ phase, ms }) => {
    const width = total === 0 ? 0 : ms / total;
    const bar = { phase, ms, from: at, width, paused: stillPhases.has(phase) };
    at += width;
    return bar;
  });
}
