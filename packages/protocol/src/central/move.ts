import type { PeerCut } from "@nomad/backend";
import type { NomadError, VLid } from "@nomad/base";
import type { Failure, Injection, MoveRecord } from "../http/index.ts";
import type { Phase } from "../phase.ts";
import type { HostRecord } from "./directory.ts";

/** A move as central drives it; `record` is what others see of it. */
export interface Move {
  readonly record: MoveRecord;
  readonly vlid: VLid;
  readonly token: string;
  readonly inject: Injection | null;
  /** The guest's epoch at the destination if it is decided so; an abort takes the one after it. */
  readonly epoch: number;
  phase: Phase;
  phaseSince: number;
  readonly startedAt: number;
  stopAskedAt: number;
  bulkUrl: string;
  peers: readonly VLid[];
  /** Hosts that were asked to suspend peers: all must be told how it ends. */
  peerHosts: readonly string[];
  cuts: PeerCut[];
  peersResumed: boolean;
  /** Which round of asking this is: answers to an abandoned one do not count. */
  attempt: number;
}

export function newMove(o: {
  readonly id: string;
  readonly guest: string;
  readonly vlid: VLid;
  readonly from: HostRecord;
  readonly to: HostRecord;
  readonly epoch: number;
  readonly token: string;
  readonly inject: Injection | null;
  readonly now: number;
}): Move {
  return {
    record: {
      id: o.id,
      guest: o.guest,
      from: o.from.name,
      to: o.to.name,
      phase: "planned",
      outcome: "",
      error: null,
      totalMs: 0,
      pausedMs: 0,
      rounds: 0,
      pages: 0,
      pagesWhileStopped: 0,
      memoryPages: 0,
      bytes: 0,
      controlMessages: 0,
      held: 0,
      phases: {},
      digestSource: "",
      digestDestination: "",
    },
    vlid: o.vlid,
    token: o.token,
    inject: o.inject,
    epoch: o.epoch,
    phase: "planned",
    phaseSince: o.now,
    startedAt: o.now,
    stopAskedAt: 0,
    bulkUrl: "",
    peers: [],
    peerHosts: [],
    cuts: [],
    peersResumed: false,
    attempt: 0,
  };
}

/** Enter a phase: the time spent in the one before is booked under the name of the phase that it led to. */
export function enter(move: Move, phase: Phase, now: number): void {
  move.record.phases[phase] = now - move.phaseSince;
  move.phase = phase;
  move.phaseSince = now;
  move.record.phase = phase;
  move.record.totalMs = now - move.startedAt;
}

export function failureOf(error: NomadError): Failure {
  return { code: error.code, message: error.message };
}
