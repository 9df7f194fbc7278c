import type { PeerCut } from "@nomad/backend";
import type { NomadError, VLid, VQpn } from "@nomad/base";
import type { Failure, Injection, MoveRecord } from "../http/index.ts";
import { type Phase, phases } from "../phase.ts";
import { type MigrationProtocol, protocols } from "./protocols/index.ts";
import type { MoveRow } from "./records.ts";

/** A move as central drives it; `record` is what others see of it. */
export interface Move {
  readonly record: MoveRecord;
  readonly protocol: MigrationProtocol;
  readonly vlid: VLid;
  readonly token: string;
  readonly inject: Injection | null;
  /** The guest's epoch at the destination if it is decided so; an abort takes the one after it. Settled when it begins. */
  epoch: number;
  /** Moves planned earlier have smaller ones. */
  readonly order: number;
  /** From SUSPEND until the peers have resumed: see protocols/nomad/claims.ts. */
  claiming: boolean;
  phase: Phase;
  phaseSince: number;
  readonly startedAt: number;
  stopAskedAt: number;
  bulkUrl: string;
  /** What the guest's own queue pairs have left of the time to drain: its peers have no more. */
  drainLeftMs: number;
  peers: readonly VLid[];
  /** Hosts that were asked to suspend peers: all must be told how it ends. */
  peerHosts: readonly string[];
  cuts: PeerCut[];
  /** The guest's queue pairs that are not idle; undefined: all of them. */
  active: readonly VQpn[] | undefined;
  peersResumed: boolean;
  /** Central has heard of the guest from the destination, before RUNNING. */
  heardOfDestination: boolean;
  /** Which round of asking this is: answers to an abandoned one do not count. */
  attempt: number;
}

interface Plan {
  readonly order: number;
  readonly record: MoveRecord;
  readonly vlid: VLid;
  readonly epoch: number;
  readonly token: string;
  readonly inject: Injection | null;
}

/** How a move is to be made, as the operator wants it. */
export type MoveWays = Pick<
  MoveRecord,
  "protocol" | "bytesPerSecondMax" | "onDivergence" | "presetup" | "strict" | "force"
>;

export const usualWays: MoveWays = {
  protocol: "nomad",
  bytesPerSecondMax: null,
  onDivergence: "stop",
  presetup: true,
  strict: false,
  force: false,
};

/** A move that nothing has been done for. */
export function plannedMove(
  id: string,
  guest: string,
  from: string,
  to: string,
  plan: Omit<Plan, "record"> & MoveWays,
  now: number,
): Move {
  const { protocol, bytesPerSecondMax, onDivergence, presetup, strict, force, ...rest } = plan;
  const ways = { protocol, bytesPerSecondMax, onDivergence, presetup, strict, force, startedAt: now };
  return moveOf({ record: { ...emptyRecord(id, guest, from, to), ...ways }, ...rest }, "planned", now);
}

/** A move as the journal has it. Which hosts have peers of it is not written down: all of them may have. */
export function recoveredMove(row: MoveRow, order: number, peerHosts: readonly string[], now: number): Move {
  const phase = phases.find((known) => known === row.phase) ?? "planned";
  const { vlid, epoch, token, inject } = row;
  return { ...moveOf({ order, vlid, epoch, token, inject, record: { ...row.record, phase } }, phase, now), peerHosts };
}

function moveOf(plan: Plan, phase: Phase, now: number): Move {
  return {
    ...plan,
    protocol: protocols[plan.record.protocol],
    claiming: false,
    phase,
    phaseSince: now,
    startedAt: now,
    stopAskedAt: 0,
    bulkUrl: "",
    drainLeftMs: 0,
    peers: [],
    peerHosts: [],
    cuts: [],
    active: undefined,
    peersResumed: false,
    heardOfDestination: false,
    attempt: 0,
  };
}

function emptyRecord(id: string, guest: string, from: string, to: string): Omit<MoveRecord, keyof MoveWays> {
  return {
    id,
    guest,
    from,
    to,
    phase: "planned",
    place: 0,
    outcome: "",
    error: null,
    startedAt: 0,
    totalMs: 0,
    pausedMs: 0,
    rounds: 0,
    pages: 0,
    pagesWhileStopped: 0,
    memoryPages: 0,
    converged: null,
    progress: { percent: 0, bytesPerSecond: 0, etaMs: 0, throttlePercent: 0 },
    bytes: 0,
    controlMessages: 0,
    held: 0,
    cut: 0,
    forsaken: [],
    peers: [],
    phases: {},
    digestSource: "",
    digestDestination: "",
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
