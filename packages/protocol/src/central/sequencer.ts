import { defaults, NomadError, planted, type VLid } from "@nomad/base";
import type { Injection, MoveRecord, ProtocolName } from "../http/index.ts";
import type { AnswerOf } from "../message.ts";
import { isDecided, isEnded } from "../phase.ts";
import type { CentralContext } from "./context.ts";
import { DestinationLost } from "./destination-lost.ts";
import { type GuestRecord, isAlive } from "./directory.ts";
import { Drive } from "./drive.ts";
import type { LabGuests } from "./guests.ts";
import { enter, failureOf, type Move, plannedMove, recoveredMove } from "./move.ts";
import { resumePeersOfLost, whereItWas } from "./peers-of-lost.ts";
import { MoveQueue } from "./queue.ts";
import { type MoveRow, moveEntry } from "./records.ts";

export interface MovePlan {
  readonly guest: string;
  readonly to: string;
  readonly protocol?: ProtocolName | undefined;
  readonly inject: Injection | null;
  readonly token: string;
}

/** The moves of the lab from their plan to their end: what a former central has left, and new ones, in turn. */
export class Sequencer {
  readonly moves = new Map<string, Move>();
  readonly #central: CentralContext;
  readonly #queue: MoveQueue;
  readonly #drive: Drive;
  readonly #destinationLost: DestinationLost;
  readonly #onEnd = new Map<Move, (record: MoveRecord) => void>();
  #nextId = 1;

  constructor(central: CentralContext, guests: LabGuests) {
    this.#central = central;
    this.#queue = new MoveQueue(defaults.movesPerHostMax);
    this.#drive = new Drive(central, {
      ended: (move) => this.#ended(move),
      destinationLost: (move) => this.#destinationLost.beforeRunning(move),
    });
    this.#destinationLost = new DestinationLost(central, guests, this.#drive);
  }

  /** Plan a move. `ended`, when given, runs at its end. Throws NomadError when it cannot be. */
  plan(o: MovePlan, ended?: (record: MoveRecord) => void): Move {
    const { directory, now, generation } = this.#central;
    const guest = directory.guest(o.guest);
    const [from, to] = [directory.host(guest.host), directory.host(o.to)];
    if (guest.state !== "running")
      throw new NomadError(guest.state === "moving" ? "E_BUSY" : "E_STATE", `guest ${guest.name} is ${guest.state}`);
    if (from === to) throw new NomadError("E_STATE", `guest ${guest.name} runs at ${to.name} already`);
    if (to.state !== "up") throw new NomadError("E_STATE", `host ${to.name} is ${to.state}`);
    const id = `${generation}-${this.#nextId++}`;
    const { token, inject, protocol = "nomad" } = o;
    const plan = { order: this.moves.size, vlid: guest.vlid, epoch: guest.epoch + 1, token, inject, protocol };
    const move = plannedMove(id, guest.name, from.name, to.name, plan, now);
    guest.state = "moving";
    this.moves.set(id, move);
    if (ended) this.#onEnd.set(move, ended);
    this.#queue.push(move);
    this.#central.guestChanged(guest);
    this.#startNext();
    return move;
  }

  /** A move that a former central left: finished when it was decided, undone when not. */
  recover(row: MoveRow): void {
    const { directory, now } = this.#central;
    const peerHosts = [...directory.hosts.values()].filter(({ state }) => state !== "lost").map(({ name }) => name);
    const move = recoveredMove(row, this.moves.size, peerHosts, now);
    this.moves.set(move.record.id, move);
    if (isEnded(move.phase)) return;
    this.#drive.active.add(move);
    const guest = this.#guestOf(move);
    if (isAlive(guest)) guest.state = "moving";
    if (move.phase === "aborting") return this.#drive.proceed(move);
    if (!isDecided(move.phase)) {
      return this.abort(move, new NomadError("E_STATE", "central was started again before the move was decided"));
    }
    // Past RUNNING the source may have let go of its copy: there is no way back to it.
    move.heardOfDestination = move.phase !== "COMMITTED";
    enter(move, "COMMITTED", now);
    this.#drive.proceed(move);
  }

  #startNext(): void {
    const { active } = this.#drive;
    for (let move = this.#queue.take(active); move; move = this.#queue.take(active)) {
      active.add(move);
      this.#central.journal(moveEntry(move));
      this.#drive.proceed(move);
    }
  }

  /** Undo a move that is not decided; one that has not begun is only forgotten. */
  abort(move: Move, error: NomadError): void {
    if (!this.#queue.remove(move)) return this.#drive.abort(move, error);
    move.record.error = failureOf(error);
    enter(move, "aborted", this.#central.now);
    this.#ended(move);
  }

  #ended(move: Move): void {
    const guest = this.#guestOf(move);
    const aborted = move.phase === "aborted";
    if (aborted && move.stopAskedAt > 0) move.record.pausedMs = this.#central.now - move.stopAskedAt;
    if (aborted && isAlive(guest)) guest.epoch = planted("reused-epoch") ? move.epoch - 1 : move.epoch + 1;
    if (aborted && !isAlive(guest)) resumePeersOfLost(this.#central, move);
    move.record.outcome = isAlive(guest) ? (aborted ? "aborted" : "released") : "lost";
    if (guest.state === "moving") guest.state = "running";
    // An abort that is known without the epoch it has burnt would let the next move use that epoch again.
    this.#central.guestChanged(guest, moveEntry(move));
    this.#central.moveChanged(move);
    const ended = this.#onEnd.get(move);
    this.#onEnd.delete(move);
    ended?.(move.record);
    this.#startNext();
  }

  // --- what happens meanwhile ---

  /** The destination says that all peers know the new names. */
  peersResumed(id: string): void {
    const move = this.moves.get(id);
    if (!move || move.peersResumed) return;
    move.peersResumed = true;
    move.heardOfDestination = true;
    move.record.controlMessages += 2 * (1 + move.peerHosts.length);
    if (move.phase === "running") this.#drive.advance(move, "peers-resumed");
  }

  progress(id: string, round: { readonly pages: number; readonly bytes: number; readonly final: boolean }): void {
    const move = this.moves.get(id);
    if (!move) return;
    move.record.rounds++;
    move.record.pages += round.pages;
    move.record.bytes += round.bytes;
    if (round.final) move.record.pagesWhileStopped = round.pages;
    this.#central.moveChanged(move);
  }

  /** A host is dead for good. Its part in the move under way is played by nobody; others are not kept waiting. */
  hostLost(name: string, error: NomadError): void {
    for (const move of [...this.#queue]) {
      if (move.record.to === name || move.record.from === name) this.abort(move, error);
    }
    for (const move of [...this.#drive.active]) {
      const { from, to } = move.record;
      if (!isDecided(move.phase) && (from === name || to === name)) this.abort(move, error);
      else if (move.phase === "COMMITTED" && to === name) this.#destinationLost.beforeRunning(move);
      else if (isDecided(move.phase) && to === name) this.#destinationLost.afterRunning(move);
    }
  }

  guestEnded(guest: GuestRecord, error: NomadError): void {
    for (const move of this.moves.values()) {
      if (move.record.guest === guest.name && !isEnded(move.phase) && !isDecided(move.phase)) this.abort(move, error);
    }
  }

  /** Something of a guest has come from this host. */
  heardOf(vlid: VLid, host: string): void {
    for (const move of this.#drive.active) {
      if (move.vlid === vlid && move.record.to === host && move.phase === "COMMITTED") move.heardOfDestination = true;
    }
  }

  // --- for those who ask ---

  /** The guest was decided to go to a host that died before it ran there: whether it is lost is still to be found out. */
  mayReturn(guest: GuestRecord): boolean {
    return [...this.#drive.active].some(({ record, phase }) => record.guest === guest.name && phase === "COMMITTED");
  }

  /** What a held peer must know of a guest that is lost; null for all other moves: its hosts know better. */
  inquire(id: string): AnswerOf<"OUTCOME">["resume"] {
    const move = this.moves.get(id);
    return move?.record.outcome === "lost" ? whereItWas(this.#central, move) : null;
  }

  #guestOf(move: Move): GuestRecord {
    return this.#central.directory.guest(move.record.guest);
  }
}
