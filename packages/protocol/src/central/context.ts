import type { NomadError, Timings } from "@nomad/base";
import type { Answer, Request, Unnumbered } from "../message.ts";
import type { Phase } from "../phase.ts";
import type { Outstanding } from "../requests.ts";
import type { Directory, GuestRecord } from "./directory.ts";
import type { Move } from "./move.ts";

/** What the sequencer needs of central. */
export interface CentralContext {
  readonly directory: Directory;
  readonly generation: number;
  readonly timings: Timings;
  readonly now: number;
  ask(
    to: string,
    message: Unnumbered<Request>,
    o: { timeoutMs: number; onAnswer: (answer: Answer) => void; onFail: (error: NomadError) => void },
  ): Outstanding;
  journalMove(move: Move): void;
  /** Keep the decision and the guest's new owner, in one; `done` runs when they are on disk. */
  journalDecision(move: Move, phase: Phase, owner: GuestRecord, done: () => void): void;
  guestLost(guest: GuestRecord): void;
  moveChanged(move: Move): void;
  moveEnded(move: Move): void;
  guestChanged(guest: GuestRecord): void;
}
