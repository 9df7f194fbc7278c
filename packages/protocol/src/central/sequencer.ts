import { NomadError, planted, type VLid } from "@nomad/base";
import type { CopyProgress, Injection, MoveRecord } from "../http/index.ts";
import type { AnswerOf } from "../message.ts";
import { isDecided, isEnded } from "../phase.ts";
import type { CentralContext } from "./context.ts";
import { DestinationLost } from "./destination-lost.ts";
import { type GuestRecord, type HostRecord, isAlive } from "./directory.ts";
import { Drive } from "./drive.ts";
import { moveEntry } from "./entries.ts";
import type { LabGuests } from "./guests.ts";
import { enter, failureOf, type Move, type MoveWays, plannedMove, recoveredMove, usualWays } from "./move.ts";
import { resumePeersOfLost, whereItWas } from "./peers-of-lost.ts";
import { MoveQueue } from "./queue.ts";
import { type MoveRow, queued } from "./records.ts";

export interface MovePlan {
  readonly guest: string;
  /** Null: central chooses. */
  readonly to: string | null;
  /** What differs from the usual. */
  readonly ways?: Partial<MoveWays>;
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
  readonly #onEnd = new Map<Move, ((record: MoveRecord) => void)[]>();
  #nextId = 1;

  constructor(central: CentralContext, guests: LabGuests) {
    this.#central = central;
    this.#queue = new MoveQueue(central.movesPerHostMax, (move) => central.moveChanged(move));
    this.#drive = new Drive(central, {
      ended: (move) => this.#ended(move),
      destinationLost: (move) => this.#destinationLost.beforeRunning(move),
    });
    this.#destinationLost = new DestinationLost(central, guests, this.#drive);
  }

  /**
   * Plan a move; a guest that has one already moves on when that has ended. Whoever wants a guest where it is going
   * already, or only away, shares that move, and its ways. `ended`, when given, runs at its end. Throws NomadError when
   * it cannot be.
   */
  plan(o: MovePlan, ended: (record: MoveRecord) => void = () => {}): Move {
    const { directory } = this.#central;
    const guest = directory.guest(o.guest);
    if (guest.state !== "running" && guest.state !== "moving")
      throw new NomadError("E_STATE", `guest ${guest.name} is ${guest.state}`);
    const before = this.#latest(guest.name);
    const isGoing = before !== undefined && before.phase !== "aborting";
    const shared = isGoing && (o.to ?? before.record.to) === before.record.to;
    const move = shared ? before : this.#newMove(o, guest);
    this.#onEnd.set(move, [...(this.#onEnd.get(move) ?? []), ended]);
    if (shared) return move;
    this.#queue.push(move);
    this.#central.guestChanged(guest, moveEntry(move, queued));
    this.#startNext();
    return move;
  }

  /** The host that a guest goes to when nobody says which. */
  #choose(from: string): HostRecord {
    const { directory } = this.#central;
    const fit = (host: HostRecord) => this.#mayTake(from, host);
    return directory.leastLoaded(from, (host) => this.#expectedAt(host), fit);
  }

  /** Its partition is there, too. */
  #mayTake(from: string, to: HostRecord): boolean {
    const { directory, subnet } = this.#central;
    return subnet.alike(directory.host(from), to);
  }

  #newMove({ token, inject, ways, ...o }: MovePlan, guest: GuestRecord): Move {
    const { directory, now, generation } = this.#central;
    const from = this.#goesTo(guest);
    const to = o.to === null ? this.#choose(from) : directory.host(o.to);
    if (from === to.name) throw new NomadError("E_STATE", `guest ${guest.name} runs at ${to.name} already`);
    if (to.state !== "up") throw new NomadError("E_STATE", `host ${to.name} is ${to.state}`);
    if (!this.#mayTake(from, to)) {
      throw new NomadError("E_CONFIG", `host ${to.name} is not in the partition of host ${from} that guests use`);
    }
    const id = `${generation}-${this.#nextId++}`;
    const plan = {
      order: this.moves.size,
      vlid: guest.vlid,
      epoch: guest.epoch + 1,
      token,
      inject,
      ...usualWays,
      ...ways,
    };
    const move = plannedMove(id, guest.name, from, to.name, plan, now);
    guest.state = "moving";
    this.moves.set(id, move);
    return move;
  }

  /** Of a guest: the move that will end last. */
  #latest(guest: string): Move | undefined {
    return this.#queue.of(guest).at(-1) ?? [...this.#drive.active].find(({ record }) => record.guest === guest);
  }

  /** Where a guest is when all moves that were asked for have ended well. */
  #goesTo({ name, host }: GuestRecord): string {
    const move = this.#latest(name);
    return move && move.phase !== "aborting" ? move.record.to : host;
  }

  #expectedAt(host: string): number {
    const living = [...this.#central.directory.guests.values()].filter(isAlive);
    return living.filter((guest) => this.#goesTo(guest) === host).length;
  }

  /** Moves that a former central left, in the order in which they were planned: those under way, then those that wait. */
  recover(rows: readonly MoveRow[]): void {
    for (const row of rows) this.#recover(row);
    const waiting = [...this.#queue];
    for (const move of waiting) {
      const { to } = move.record;
      if (this.#central.directory.isLost(to)) this.abort(move, new NomadError("E_HOST_LOST", `host ${to} is lost`));
    }
    for (const guest of new Set(waiting.map((move) => this.#guestOf(move)))) this.#goOnFrom(guest);
    this.#startNext();
  }

  /** One that was decided is finished, one that was not is undone; one that had not begun takes its place in the queue. */
  #recover(row: MoveRow): void {
    const { directory, now } = this.#central;
    const living = [...directory.hosts.values()].filter(({ state }) => state !== "lost").map(({ name }) => name);
    const move = recoveredMove(row, this.moves.size, row.phase === queued ? [] : living, now);
    this.moves.set(move.record.id, move);
    if (isEnded(move.phase)) return;
    const guest = this.#guestOf(move);
    if (isAlive(guest)) guest.state = "moving";
    if (row.phase === queued) return this.#queue.push(move);
    this.#drive.active.add(move);
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
      move.epoch = this.#guestOf(move).epoch + 1;
      this.#central.journal(moveEntry(move));
      this.#drive.begin(move);
    }
  }

  /** Undo a move that is not decided; one that has not begun is only forgotten. */
  abort(move: Move, error: NomadError): void {
    if (!this.#queue.remove(move)) return this.#drive.abort(move, error);
    const guest = this.#guestOf(move);
    // It said where the guest was to be by then.
    move.record.from = guest.host;
    move.record.error = failureOf(error);
    enter(move, "aborted", this.#central.now);
    move.record.outcome = "aborted";
    this.#tellEnd(move);
    this.#goOnFrom(guest);
    this.#startNext();
  }

  #ended(move: Move): void {
    const guest = this.#guestOf(move);
    const aborted = move.phase === "aborted";
    if (aborted && move.stopAskedAt > 0) move.record.pausedMs = this.#central.now - move.stopAskedAt;
    if (aborted && isAlive(guest)) guest.epoch = planted("reused-epoch") ? move.epoch - 1 : move.epoch + 1;
    if (aborted && !isAlive(guest)) resumePeersOfLost(this.#central, move);
    move.record.outcome = isAlive(guest) ? (aborted ? "aborted" : "released") : "lost";
    this.#tellEnd(move);
    this.#goOnFrom(guest);
    this.#startNext();
  }

  #tellEnd(move: Move): void {
    const guest = this.#guestOf(move);
    if (guest.state === "moving" && this.#latest(guest.name) === undefined) guest.state = "running";
    // An abort that is known without the epoch it has burnt would let the next move use that epoch again.
    this.#central.guestChanged(guest, moveEntry(move));
    this.#central.moveChanged(move);
    const ended = this.#onEnd.get(move) ?? [];
    this.#onEnd.delete(move);
    for (const tell of ended) tell(move.record);
  }

  /** A guest's moves that wait begin where those before them lead; one that leads nowhere is not made. */
  #goOnFrom(guest: GuestRecord): void {
    const before = [...this.#drive.active].find(({ record }) => record.guest === guest.name);
    let from = before && before.phase !== "aborting" ? before.record.to : guest.host;
    for (const next of this.#queue.of(guest.name)) {
      const why = !isAlive(guest) ? `is ${guest.state}` : next.record.to === from ? `runs at ${from} already` : null;
      if (!before && why) return this.abort(next, new NomadError("E_STATE", `guest ${guest.name} ${why}`));
      if (next.record.from !== from) {
        next.record.from = from;
        this.#central.moveChanged(next);
      }
      from = next.record.to;
    }
  }

  // --- what happens meanwhile ---

  /** The destination says that all peers know the new names. */
  peersResumed(id: string, from: string): void {
    const move = this.moves.get(id);
    if (move?.record.to !== from || move.peersResumed) return;
    move.peersResumed = true;
    move.heardOfDestination = true;
    move.record.controlMessages += 2 * (1 + move.peerHosts.length);
    if (move.phase === "running") this.#drive.advance(move, "peers-resumed");
  }

  copying(id: string, from: string, progress: CopyProgress): void {
    const move = this.moves.get(id);
    if (move?.record.from !== from || isEnded(move.phase)) return;
    move.record.progress = progress;
    this.#central.moveChanged(move);
  }

  /** A round of copying has ended. */
  progress(
    id: string,
    from: string,
    round: { readonly pages: number; readonly bytes: number; readonly final: boolean },
  ): void {
    const move = this.moves.get(id);
    if (move?.record.from !== from) return;
    move.record.rounds++;
    move.record.pages += round.pages;
    move.record.bytes += round.bytes;
    if (round.final) {
      move.record.pagesWhileStopped = round.pages;
      move.record.progress = { ...move.record.progress, percent: 100, etaMs: 0 };
    }
    this.#central.moveChanged(move);
  }

  /** A host is dead for good. Its part in the move under way is played by nobody; others are not kept waiting. */
  hostLost(name: string, error: NomadError): void {
    for (const move of [...this.#queue]) {
      if (move.record.to === name || !isAlive(this.#guestOf(move))) this.abort(move, error);
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
