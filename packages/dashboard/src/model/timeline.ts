import type { MoveRecord } from "@nomad/protocol/http";
import { isEnded, type Phase, phases } from "@nomad/protocol/phases";

/** The way to a phase of a move, as a part of a bar. */
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

/** A host with peers of the guest that moves: when their side drained, and when it was held. */
export interface PeerBar {
  readonly host: string;
  /** Where it begins, in parts of the whole as the phases' bars, 0 to 1. */
  readonly from: number;
  readonly drainWidth: number;
  readonly heldWidth: number;
  readonly drainMs: number;
  readonly heldMs: number;
  /** Nothing is on its way to the guest any more. */
  readonly suspended: boolean;
}

/** A part of a move, that may be shown on a scale of its own. */
export interface Timeline {
  readonly ms: number;
  readonly bars: readonly Bar[];
  readonly peers: readonly PeerBar[];
}

interface Stretch {
  readonly phase: string;
  readonly fromMs: number;
  readonly ms: number;
}

/** On the way to these the guest stands still: from the stop to the run elsewhere. */
const stillPhases = new Set<string>(["stopped", "bound", "COMMITTED", "running"] satisfies Phase[]);
/** With these, peers go on. */
const resumedPhases = new Set<string>(["peers-resumed", "aborted"] satisfies Phase[]);

/** The phase that a move under way is on its way to; null when it has reached the last. */
function nextOf(phase: string): string | null {
  const at = (phases as readonly string[]).indexOf(phase);
  return at < 0 || isEnded(phase as Phase) ? null : (phases[at + 1] ?? null);
}

function stretchesOf(move: MoveRecord, elapsedMs: number): Stretch[] {
  const spent = Object.entries(move.phases);
  const next = move.outcome === "" ? nextOf(move.phase) : null;
  if (next !== null) spent.push([next, elapsedMs]);
  let at = 0;
  return spent.map(([phase, ms]) => {
    const stretch = { phase, ms, fromMs: at };
    at += ms;
    return stretch;
  });
}

/** All of a move, as far as it has come; `elapsedMs`: since it has reached the last phase. */
export function wholeOf(move: MoveRecord, elapsedMs = 0): Timeline {
  return timelineOf(move, stretchesOf(move, elapsedMs));
}

/** From the guest's suspension on, which is short beside the copying; null before it. */
export function closingOf(move: MoveRecord, elapsedMs = 0): Timeline | null {
  const all = stretchesOf(move, elapsedMs);
  const copied = all.findIndex(({ phase }) => phase === "precopy");
  if (move.phases.precopy === undefined || all.length === copied + 1) return null;
  return timelineOf(move, all.slice(copied + 1));
}

function timelineOf(move: MoveRecord, stretches: readonly Stretch[]): Timeline {
  const [first, last] = [stretches[0], stretches.at(-1)];
  const fromMs = first?.fromMs ?? 0;
  const untilMs = last ? last.fromMs + last.ms : fromMs;
  const totalMs = untilMs - fromMs;
  const part = (ms: number): number => (totalMs <= 0 ? 0 : Math.min(1, Math.max(0, ms / totalMs)));
  const bars = stretches.map((stretch) => ({
    ...{ phase: stretch.phase, ms: stretch.ms, paused: stillPhases.has(stretch.phase) },
    ...{ from: part(stretch.fromMs - fromMs), width: part(stretch.ms) },
  }));
  const resumed = stretches.find(({ phase }) => resumedPhases.has(phase) && phase in move.phases);
  const resumedMs = resumed ? resumed.fromMs + resumed.ms : untilMs;
  const peers = move.peers.map(({ host, askedMs, suspendedMs }) => {
    const drainMs = Math.max(0, (suspendedMs ?? resumedMs) - askedMs);
    const heldMs = suspendedMs === null ? 0 : Math.max(0, resumedMs - suspendedMs);
    const widths = { from: part(askedMs - fromMs), drainWidth: part(drainMs), heldWidth: part(heldMs) };
    return { host, ...widths, drainMs, heldMs, suspended: suspendedMs !== null };
  });
  return { ms: totalMs, bars, peers };
}
