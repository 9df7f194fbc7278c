import type { MoveRecord } from "@nomad/protocol/http";
import { isEnded, type Phase, phases } from "@nomad/protocol/phases";

/** The way to a phase of a move, as a part of its bar. */
export interface Bar {
  /** The one that is reached at its end. */
  readonly phase: string;
  readonly ms: number;
  /** Where it begins and how long it is, in parts of the whole, 0 to 1. */
  readonly from: number;
  readonly width: number;
  /** The guest stands still in it. */
  readonly paused: boolean;
}

/** On the way to these the guest stands still: from the stop to the run elsewhere. */
const stillPhases = new Set<string>(["stopped", "bound", "COMMITTED", "running"] satisfies Phase[]);

/** The phase that a move under way is on its way to; null when it has reached the last. */
function nextOf(phase: string): string | null {
  const at = (phases as readonly string[]).indexOf(phase);
  return at < 0 || isEnded(phase as Phase) ? null : (phases[at + 1] ?? null);
}

/** The phases of a move one after the other, as far as it has come; `elapsedMs`: since it has reached the last one. */
export function barsOf(move: MoveRecord, elapsedMs = 0): Bar[] {
  const spent = Object.entries(move.phases).map(([phase, ms]) => ({ phase, ms }));
  const next = move.outcome === "" ? nextOf(move.phase) : null;
  if (next !== null) spent.push({ phase: next, ms: elapsedMs });
  const total = spent.reduce((sum, { ms }) => sum + ms, 0);
  let at = 0;
  return spent.map(({ phase, ms }) => {
    const width = total === 0 ? 0 : ms / total;
    const bar = { phase, ms, from: at, width, paused: stillPhases.has(phase) };
    at += width;
    return bar;
  });
}
