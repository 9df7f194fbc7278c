import { assert, NomadError } from "@nomad/base";
import type { Answer } from "../message.ts";
import { isDecided, isEnded, type Phase } from "../phase.ts";
import type { Outstanding } from "../requests.ts";
import type { CentralContext } from "./context.ts";
import type { GuestRecord } from "./directory.ts";
import { moveEntry } from "./entries.ts";
import { enter, failureOf, type Move } from "./move.ts";
import type { Step } from "./protocols/index.ts";

/**
 * Takes moves through the phases of their protocol: asks what a phase asks; with all answers in, enters the next. The
 * decision is the same for all protocols: on disk before anybody is told.
 */
export class Drive {
  /** Moves under way. */
  readonly active = new Set<Move>();
  readonly #central: CentralContext;
  readonly #on: { readonly ended: (move: Move) => void; readonly destinationLost: (move: Move) => void };
  readonly #asked = new Map<Move, Outstanding[]>();
  /** Moves that wait for leave to go on. */
  readonly #waiting = new Set<Move>();

  /** `destinationLost`: the move is decided, and there is nobody to run the guest. */
  constructor(
    central: CentralContext,
    on: { readonly ended: (move: Move) => void; readonly destinationLost: (move: Move) => void },
  ) {
    this.#central = central;
    this.#on = on;
  }

  /** Its turn has come. */
  begin(move: Move): void {
    this.active.add(move);
    enter(move, "planned", this.#central.now);
    this.proceed(move);
  }

  /** Ask what the phase asks; with all answers in, enter the next. */
  proceed(move: Move): void {
    this.#central.moveChanged(move);
    const step = move.protocol.steps[move.phase];
    if (!step) return;
    if (move.phase === "COMMITTED" && this.#central.directory.isLost(move.record.to))
      return this.#on.destinationLost(move);
    if (this.#mustWait(move)) return;
    if (step.pauses) move.stopAskedAt = this.#central.now;
    this.#ask(move, step);
  }

  /** Moves that meet go on as their protocol's claims allow. */
  #mustWait(move: Move): boolean {
    const { claims } = move.protocol;
    if (!claims.needed.has(move.phase)) return false;
    if (claims.mayGoOn(move, this.active)) {
      this.#waiting.delete(move);
      move.claiming = true;
      return false;
    }
    this.#waiting.add(move);
    return true;
  }

  #ask(move: Move, step: Step): void {
    const { directory, timings } = this.#central;
    const attempt = ++move.attempt;
    const asks = step.ask(move, this.#central).filter(({ to }) => !directory.isLost(to));
    let waiting = asks.length;
    move.record.controlMessages += 2 * waiting;
    if (waiting === 0) return this.advance(move, step.next);
    const settled = () => {
      waiting--;
      if (waiting === 0) this.advance(move, step.next);
      else if (step.tells) this.#central.moveChanged(move);
    };
    const onAnswer = (by: string, answer: Answer) => {
      const { now } = this.#central;
      if (move.attempt === attempt && this.#taken(move, () => step.take(move, answer, { by, now }))) settled();
    };
    const onFail = (to: string, error: NomadError) => {
      if (move.attempt !== attempt) return;
      // Whoever was bound runs the guest when told to: this is another incarnation.
      if (move.phase === "COMMITTED") this.#on.destinationLost(move);
      else if (goesOnWithout(move, to, error)) settled();
      else this.abort(move, error);
    };
    const timeoutMs = step.timeoutMs(timings, move);
    const asked = asks.map(({ to, message }) =>
      this.#central.ask(to, message, {
        timeoutMs,
        onAnswer: (answer) => onAnswer(to, answer),
        onFail: (error) => onFail(to, error),
      }),
    );
    this.#asked.set(move, asked);
    if (step.tells) this.#central.moveChanged(move);
  }

  #taken(move: Move, take: () => void): boolean {
    try {
      take();
      return true;
    } catch (error) {
      if (!(error instanceof NomadError)) throw error;
      this.abort(move, error);
      return false;
    }
  }

  /** Nothing that was asked for this move counts any more. */
  abandon(move: Move): void {
    for (const outstanding of this.#asked.get(move) ?? []) outstanding.cancel();
    this.#asked.delete(move);
    move.attempt++;
  }

  advance(move: Move, phase: Phase): void {
    const { now } = this.#central;
    if (move.phase === "COMMITTED") move.record.pausedMs = now - move.stopAskedAt;
    enter(move, phase, now);
    if (phase === "bound") return this.#commit(move);
    if (phase === "running") return this.#running(move);
    if (phase === move.protocol.claims.until) this.#unclaim(move);
    if (isEnded(phase)) return this.#end(move);
    this.proceed(move);
  }

  /** The decision: the guest belongs to the destination once this is on disk, not before. */
  #commit(move: Move): void {
    const guest = this.#central.directory.guest(move.record.guest);
    this.#central.moveChanged(move);
    const owner: GuestRecord = { ...guest, host: move.record.to, epoch: move.epoch };
    this.#central.journalDecision(move, "COMMITTED", owner, () => {
      if (move.phase !== "bound") return;
      guest.host = move.record.to;
      guest.epoch = move.epoch;
      this.advance(move, "COMMITTED");
    });
  }

  #running(move: Move): void {
    this.#central.journal(moveEntry(move));
    this.#central.moveChanged(move);
    if (move.peersResumed) this.advance(move, "peers-resumed");
  }

  /** Undo a move that is not decided: the guest goes on at its source, under an epoch of its own. */
  abort(move: Move, error: NomadError): void {
    assert(!isDecided(move.phase), `move ${move.record.id} is decided`);
    // Bound: the decision is on its way to the disk, and cannot be called back.
    if (move.phase === "bound" || move.phase === "aborting" || isEnded(move.phase)) return;
    this.abandon(move);
    this.#waiting.delete(move);
    this.undo(move, error);
  }

  /** From here on the move is being undone. */
  undo(move: Move, error: NomadError): void {
    move.record.error = failureOf(error);
    enter(move, "aborting", this.#central.now);
    this.proceed(move);
  }

  #end(move: Move): void {
    this.#asked.delete(move);
    this.active.delete(move);
    this.#on.ended(move);
    this.#unclaim(move);
  }

  #unclaim(move: Move): void {
    move.claiming = false;
    this.#waiting.delete(move);
    for (const other of [...this.#waiting].sort((a, b) => a.order - b.order)) this.proceed(other);
  }
}

/** What is decided, or being undone, is not stopped by a refusal; nor is any move by a peer's host that is dead. */
function goesOnWithout({ phase, record }: Move, host: string, error: NomadError): boolean {
  const isPeer = host !== record.from && host !== record.to;
  return isDecided(phase) || phase === "aborting" || (isPeer && error.code === "E_HOST_LOST");
}
