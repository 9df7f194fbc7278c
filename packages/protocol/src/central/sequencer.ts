import { assert, defaults, NomadError, planted, type VLid } from "@nomad/base";
import type { Injection, MoveRecord } from "../http/index.ts";
import type { Answer, AnswerOf } from "../message.ts";
import { isDecided, isEnded, type Phase } from "../phase.ts";
import type { Outstanding } from "../requests.ts";
import { mayGoOn } from "./claims.ts";
import type { CentralContext } from "./context.ts";
import { type GuestRecord, isAlive } from "./directory.ts";
import type { LabGuests } from "./guests.ts";
import { enter, failureOf, type Move, plannedMove, recoveredMove } from "./move.ts";
import { type MoveRow, moveEntry } from "./records.ts";
import { steps } from "./steps.ts";

type Resume = NonNullable<AnswerOf<"OUTCOME">["resume"]>;

/**
 * Drives moves through their phases: what a former central has left, and new ones, several at once within a limit for
 * each host; the others wait in order.
 */
export class Sequencer {
  readonly #central: CentralContext;
  readonly #guests: LabGuests;
  readonly #onEnd = new Map<Move, (record: MoveRecord) => void>();
  readonly moves = new Map<string, Move>();
  readonly #queue: Move[] = [];
  readonly #active = new Set<Move>();
  readonly #asked = new Map<Move, Outstanding[]>();
  /** Moves that wait for one that they meet. */
  readonly #waiting = new Set<Move>();
  #nextId = 1;

  constructor(central: CentralContext, guests: LabGuests) {
    this.#central = central;
    this.#guests = guests;
  }

  /** Plan a move. `ended`, when given, runs at its end. Throws NomadError when it cannot be. */
  plan(
    o: {
      readonly guest: string;
      readonly to: string;
      readonly inject: Injection | null;
      readonly token: string;
    },
    ended?: (record: MoveRecord) => void,
  ): Move {
    const { directory, now, generation } = this.#central;
    const guest = directory.guest(o.guest);
    const [from, to] = [directory.host(guest.host), directory.host(o.to)];
    if (guest.state !== "running")
      throw new NomadError(guest.state === "moving" ? "E_BUSY" : "E_STATE", `guest ${guest.name} is ${guest.state}`);
    if (from === to) throw new NomadError("E_STATE", `guest ${guest.name} runs at ${to.name} already`);
    if (to.state !== "up") throw new NomadError("E_STATE", `host ${to.name} is ${to.state}`);
    const id = `${generation}-${this.#nextId++}`;
    const plan = { order: this.moves.size, vlid: guest.vlid, epoch: guest.epoch + 1, token: o.token, inject: o.inject };
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
    this.#active.add(move);
    const guest = this.#guestOf(move);
    if (isAlive(guest)) guest.state = "moving";
    if (move.phase === "aborting") return this.#proceed(move);
    if (!isDecided(move.phase)) {
      return this.abort(move, new NomadError("E_STATE", "central was started again before the move was decided"));
    }
    // Past RUNNING the source may have let go of its copy: there is no way back to it.
    move.heardOfDestination = move.phase !== "COMMITTED";
    enter(move, "COMMITTED", now);
    this.#proceed(move);
  }

  #startNext(): void {
    for (const move of [...this.#queue]) {
      if (!this.#hasRoom(move)) continue;
      this.#queue.splice(this.#queue.indexOf(move), 1);
      this.#active.add(move);
      this.#central.journal(moveEntry(move));
      this.#proceed(move);
    }
  }

  #hasRoom({ record }: Move): boolean {
    const underWay = (host: string) =>
      [...this.#active].filter(({ record: r }) => r.from === host || r.to === host).length;
    return underWay(record.from) < defaults.movesPerHostMax && underWay(record.to) < defaults.movesPerHostMax;
  }

  /** Two moves that meet stop one after the other (claims.ts). */
  #mustWait(move: Move): boolean {
    if (move.phase !== "precopy" && move.phase !== "suspended") return false;
    if (mayGoOn(move, this.#active)) {
      this.#waiting.delete(move);
      move.claiming = true;
      return false;
    }
    this.#waiting.add(move);
    return true;
  }

  #unclaim(move: Move): void {
    move.claiming = false;
    this.#waiting.delete(move);
    for (const other of [...this.#waiting].sort((a, b) => a.order - b.order)) this.#proceed(other);
  }

  /** Ask what the phase asks; with all answers in, enter the next. */
  #proceed(move: Move): void {
    this.#central.moveChanged(move);
    const step = steps[move.phase];
    if (!step) return;
    if (move.phase === "COMMITTED" && this.#isLost(move.record.to)) return this.#destinationLost(move);
    if (this.#mustWait(move)) return;
    move.attempt++;
    const attempt = move.attempt;
    const asks = step.ask(move, this.#central).filter((ask) => !this.#isLost(ask.to));
    let waiting = asks.length;
    const settled = () => {
      waiting--;
      if (waiting === 0) this.#advance(move, step.next);
    };
    const onAnswer = (answer: Answer) => {
      if (move.attempt === attempt && this.#taken(move, () => step.take(move, answer))) settled();
    };
    const onFail = (to: string, error: NomadError) => {
      if (move.attempt !== attempt) return;
      if (this.#goesOnWithout(move, to, error)) settled();
      else this.abort(move, error);
    };
    if (move.phase === "peers-suspended") move.stopAskedAt = this.#central.now;
    move.record.controlMessages += 2 * asks.length;
    if (waiting === 0) return this.#advance(move, step.next);
    const asked = asks.map(({ to, message }) => {
      const o = {
        timeoutMs: step.timeoutMs(this.#central.timings),
        onAnswer,
        onFail: (error: NomadError) => onFail(to, error),
      };
      return this.#central.ask(to, message, o);
    });
    this.#asked.set(move, asked);
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

  /** What is decided, or being undone, is not stopped by a refusal; nor is any move by a peer's host that is dead. */
  #goesOnWithout(move: Move, host: string, error: NomadError): boolean {
    const isPeer = host !== move.record.from && host !== move.record.to;
    return isDecided(move.phase) || move.phase === "aborting" || (isPeer && error.code === "E_HOST_LOST");
  }

  #isLost(host: string): boolean {
    return this.#central.directory.hosts.get(host)?.state === "lost";
  }

  #advance(move: Move, phase: Phase): void {
    if (move.phase === "COMMITTED") move.record.pausedMs = this.#central.now - move.stopAskedAt;
    enter(move, phase, this.#central.now);
    if (phase === "bound") return this.#commit(move);
    if (phase === "running") return this.#running(move);
    if (phase === "peers-resumed") this.#unclaim(move);
    if (isEnded(phase)) return this.#ended(move);
    this.#proceed(move);
  }

  /** The decision: the guest belongs to the destination once this is on disk, not before. */
  #commit(move: Move): void {
    const guest = this.#guestOf(move);
    this.#central.moveChanged(move);
    const owner: GuestRecord = { ...guest, host: move.record.to, epoch: move.epoch };
    this.#central.journalDecision(move, "COMMITTED", owner, () => {
      if (move.phase !== "bound") return;
      guest.host = move.record.to;
      guest.epoch = move.epoch;
      this.#advance(move, "COMMITTED");
    });
  }

  #running(move: Move): void {
    this.#central.journal(moveEntry(move));
    this.#central.moveChanged(move);
    if (move.peersResumed) this.#advance(move, "peers-resumed");
  }

  /** The destination says that all peers know the new names. */
  peersResumed(id: string): void {
    const move = this.moves.get(id);
    if (!move || move.peersResumed) return;
    move.peersResumed = true;
    move.heardOfDestination = true;
    move.record.controlMessages += 2 * (1 + move.peerHosts.length);
    if (move.phase === "running") this.#advance(move, "peers-resumed");
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

  /** Undo a move that is not decided: the guest goes on at its source, under an epoch of its own. */
  abort(move: Move, error: NomadError): void {
    assert(!isDecided(move.phase), `move ${move.record.id} is decided`);
    // Bound: the decision is on its way to the disk, and cannot be called back.
    if (move.phase === "bound" || move.phase === "aborting" || isEnded(move.phase)) return;
    this.#forgetAsked(move);
    this.#waiting.delete(move);
    move.record.error = failureOf(error);
    const queued = this.#queue.indexOf(move);
    if (queued >= 0) this.#queue.splice(queued, 1);
    enter(move, queued >= 0 ? "aborted" : "aborting", this.#central.now);
    if (queued >= 0) this.#ended(move);
    else this.#proceed(move);
  }

  #forgetAsked(move: Move): void {
    for (const outstanding of this.#asked.get(move) ?? []) outstanding.cancel();
    this.#asked.delete(move);
  }

  #ended(move: Move): void {
    const guest = this.#guestOf(move);
    const aborted = move.phase === "aborted";
    if (aborted && move.stopAskedAt > 0) move.record.pausedMs = this.#central.now - move.stopAskedAt;
    if (aborted && isAlive(guest)) guest.epoch = planted("reused-epoch") ? move.epoch - 1 : move.epoch + 1;
    if (aborted && !isAlive(guest)) this.#resumePeersOfLost(move);
    move.record.outcome = isAlive(guest) ? (aborted ? "aborted" : "released") : "lost";
    if (guest.state === "moving") guest.state = "running";
    this.#asked.delete(move);
    // An abort that is known without the epoch it has burnt would let the next move use that epoch again.
    this.#central.guestChanged(guest, moveEntry(move));
    this.#central.moveChanged(move);
    const ended = this.#onEnd.get(move);
    this.#onEnd.delete(move);
    ended?.(move.record);
    this.#active.delete(move);
    this.#unclaim(move);
    this.#startNext();
  }

  /** A host is dead for good. Its part in the move under way is played by nobody; others are not kept waiting. */
  hostLost(name: string, error: NomadError): void {
    for (const move of [...this.#queue])
      if (move.record.to === name || move.record.from === name) this.abort(move, error);
    for (const move of [...this.#active]) {
      const { from, to } = move.record;
      if (!isDecided(move.phase) && (from === name || to === name)) this.abort(move, error);
      else if (move.phase === "COMMITTED" && to === name) this.#destinationLost(move);
      else if (isDecided(move.phase) && to === name) this.#lost(move);
    }
  }

  /**
   * Decided, and dead before it said that the guest runs. All hosts fence it; if none of them, nor central, has seen
   * anything of the guest's new life, the guest goes back to its source, which still has its copy.
   */
  #destinationLost(move: Move): void {
    this.#forgetAsked(move);
    move.attempt++;
    const { directory, generation, timings } = this.#central;
    const asked = [...directory.hosts.values()].filter(({ state }) => state !== "lost");
    let waiting = asked.length;
    let seen = this.#isLost(move.record.from);
    const one = (sawIt: boolean) => {
      seen ||= sawIt;
      waiting--;
      if (waiting === 0) this.#fenced(move, seen);
    };
    if (planted("forgotten-fence")) return this.#fenced(move, false);
    if (waiting === 0) return this.#fenced(move, true);
    const fence = { kind: "FENCE" as const, move: move.record.id, vlid: move.vlid, generation, host: move.record.to };
    for (const { name } of asked) {
      const onAnswer = (answer: Answer) => one(answer.kind === "FENCED" && answer.seen);
      this.#central.ask(name, fence, { timeoutMs: timings.controlRequestMs, onAnswer, onFail: () => one(true) });
    }
  }

  #fenced(move: Move, seen: boolean): void {
    if (move.phase !== "COMMITTED") return;
    const { from, to } = move.record;
    if (seen || move.heardOfDestination || this.#isLost(from)) return this.#lost(move);
    const guest = this.#guestOf(move);
    const error = new NomadError("E_HOST_LOST", `host ${to} was lost before guest ${guest.name} ran there`);
    const owner: GuestRecord = { ...guest, host: from, epoch: move.epoch + 1, state: "moving", error: null };
    this.#central.journalDecision(move, "aborting", owner, () => {
      Object.assign(guest, { host: from, state: "moving", error: null });
      move.record.error = failureOf(error);
      enter(move, "aborting", this.#central.now);
      this.#proceed(move);
    });
  }

  /** Nobody may start a second copy: the guest is gone. */
  #lost(move: Move): void {
    this.#forgetAsked(move);
    move.attempt++;
    const guest = this.#guestOf(move);
    if (isAlive(guest)) this.#guests.lost(guest);
    this.#resumePeersOfLost(move);
    this.#advance(move, "peers-resumed");
  }

  /** Peers of a lost guest go on, towards an address that no longer answers, and get what hardware would give. */
  #resumePeersOfLost(move: Move): void {
    const { generation } = this.#central;
    const at = { vlid: move.vlid, token: move.token, ...this.#whereItWas(move) };
    const o = { timeoutMs: this.#central.timings.controlRequestMs, onAnswer: () => {}, onFail: () => {} };
    for (const to of move.peerHosts) {
      if (!this.#isLost(to)) this.#central.ask(to, { kind: "RESUME_PEER", move: move.record.id, generation, ...at }, o);
    }
  }

  /** The guest was decided to go to a host that died before it ran there: whether it is lost is still to be found out. */
  mayReturn(guest: GuestRecord): boolean {
    return [...this.#active].some(({ record, phase }) => record.guest === guest.name && phase === "COMMITTED");
  }

  /** What a held peer must know of a guest that is lost; null for all other moves: its hosts know better. */
  inquire(id: string): Resume | null {
    const move = this.moves.get(id);
    return move?.record.outcome === "lost" ? this.#whereItWas(move) : null;
  }

  #whereItWas(move: Move): Resume {
    const { host } = this.#guestOf(move);
    return { epoch: move.epoch + 1, dlid: this.#central.directory.host(host).lid, host, names: [] };
  }

  /** Something of a guest has come from this host. */
  heardOf(vlid: VLid, host: string): void {
    for (const move of this.#active) {
      if (move.vlid === vlid && move.record.to === host && move.phase === "COMMITTED") move.heardOfDestination = true;
    }
  }

  guestEnded(guest: GuestRecord, error: NomadError): void {
    for (const move of this.moves.values()) {
      if (move.record.guest === guest.name && !isEnded(move.phase) && !isDecided(move.phase)) this.abort(move, error);
    }
  }

  #guestOf(move: Move): GuestRecord {
    return this.#central.directory.guest(move.record.guest);
  }
}
