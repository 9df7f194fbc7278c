import { assert, NomadError } from "@nomad/base";
import type { Injection } from "../http/index.ts";
import type { Answer } from "../message.ts";
import { isDecided, isEnded, type Phase } from "../phase.ts";
import type { Outstanding } from "../requests.ts";
import type { CentralContext } from "./context.ts";
import { type GuestRecord, isAlive } from "./directory.ts";
import { enter, failureOf, type Move, newMove } from "./move.ts";
import { steps } from "./steps.ts";

/** Drives moves through their phases, one move at a time, the others wait in order. */
export class Sequencer {
  readonly #central: CentralContext;
  readonly moves = new Map<string, Move>();
  readonly #queue: Move[] = [];
  #active: Move | null = null;
  #asked: Outstanding[] = [];
  #nextId = 1;

  constructor(central: CentralContext) {
    this.#central = central;
  }

  /** Plan a move. Throws NomadError when it cannot be. */
  plan(o: {
    readonly guest: string;
    readonly to: string;
    readonly inject: Injection | null;
    readonly token: string;
  }): Move {
    const { directory, now, generation } = this.#central;
    const guest = directory.guest(o.guest);
    const [from, to] = [directory.host(guest.host), directory.host(o.to)];
    if (guest.state !== "running")
      throw new NomadError(guest.state === "moving" ? "E_BUSY" : "E_STATE", `guest ${guest.name} is ${guest.state}`);
    if (from === to) throw new NomadError("E_STATE", `guest ${guest.name} runs at ${to.name} already`);
    if (to.state !== "up") throw new NomadError("E_STATE", `host ${to.name} is ${to.state}`);
    const id = `${generation}-${this.#nextId++}`;
    const epoch = guest.epoch + 1;
    const move = newMove({
      id,
      guest: guest.name,
      vlid: guest.vlid,
      from,
      to,
      epoch,
      token: o.token,
      inject: o.inject,
      now,
    });
    guest.state = "moving";
    this.moves.set(id, move);
    this.#queue.push(move);
    this.#central.guestChanged(guest);
    this.#startNext();
    return move;
  }

  #startNext(): void {
    if (this.#active) return;
    const move = this.#queue.shift();
    if (!move) return;
    this.#active = move;
    this.#central.journalMove(move);
    this.#proceed(move);
  }

  /** Ask what the phase asks; with all answers in, enter the next. */
  #proceed(move: Move): void {
    this.#central.moveChanged(move);
    const step = steps[move.phase];
    if (!step) return;
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
    this.#asked = asks.map(({ to, message }) => {
      const o = {
        timeoutMs: step.timeoutMs(this.#central.timings),
        onAnswer,
        onFail: (error: NomadError) => onFail(to, error),
      };
      return this.#central.ask(to, message, o);
    });
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
    if (isEnded(phase)) return this.#ended(move);
    this.#proceed(move);
  }

  /** The decision: the guest belongs to the destination once this is on disk, not before. */
  #commit(move: Move): void {
    const guest = this.#guestOf(move);
    this.#central.moveChanged(move);
    const owner: GuestRecord = { ...guest, host: move.record.to, epoch: move.epoch };
    this.#central.journalDecision(move, owner, () => {
      if (move.phase !== "bound") return;
      guest.host = move.record.to;
      guest.epoch = move.epoch;
      this.#advance(move, "COMMITTED");
    });
  }

  #running(move: Move): void {
    this.#central.journalMove(move);
    this.#central.moveChanged(move);
    if (move.peersResumed) this.#advance(move, "peers-resumed");
  }

  /** The destination says that all peers know the new names. */
  peersResumed(id: string): void {
    const move = this.moves.get(id);
    if (!move || move.peersResumed) return;
    move.peersResumed = true;
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
    if (move.phase === "aborting" || isEnded(move.phase)) return;
    for (const outstanding of this.#asked.splice(0)) outstanding.cancel();
    move.record.error = failureOf(error);
    const queued = this.#queue.indexOf(move);
    if (queued >= 0) this.#queue.splice(queued, 1);
    enter(move, queued >= 0 ? "aborted" : "aborting", this.#central.now);
    if (queued >= 0) this.#ended(move);
    else this.#proceed(move);
  }

  #ended(move: Move): void {
    const guest = this.#guestOf(move);
    const aborted = move.phase === "aborted";
    if (aborted && move.stopAskedAt > 0) move.record.pausedMs = this.#central.now - move.stopAskedAt;
    if (aborted && isAlive(guest)) guest.epoch = move.epoch + 1;
    if (aborted && !isAlive(guest)) this.#resumePeersOfLost(move);
    move.record.outcome = isAlive(guest) ? (aborted ? "aborted" : "released") : "lost";
    if (guest.state === "moving") guest.state = "running";
    this.#asked = [];
    this.#central.journalMove(move);
    this.#central.guestChanged(guest);
    this.#central.moveChanged(move);
    this.#central.moveEnded(move);
    if (this.#active === move) this.#active = null;
    this.#startNext();
  }

  /** A host is dead for good. Its part in the move under way is played by nobody; others are not kept waiting. */
  hostLost(name: string, error: NomadError): void {
    for (const move of [...this.#queue])
      if (move.record.to === name || move.record.from === name) this.abort(move, error);
    const move = this.#active;
    if (!move) return;
    const { from, to } = move.record;
    if (!isDecided(move.phase) && (from === name || to === name)) return this.abort(move, error);
    if (isDecided(move.phase) && to === name) this.#destinationLost(move);
  }

  /** Decided and dead: nobody may start a second copy. */
  #destinationLost(move: Move): void {
    move.attempt++;
    this.#resumePeersOfLost(move);
    enter(move, "peers-resumed", this.#central.now);
    this.#proceed(move);
  }

  /** Peers of a lost guest go on, towards an address that no longer answers, and get what hardware would give. */
  #resumePeersOfLost(move: Move): void {
    const { generation, directory } = this.#central;
    const host = this.#guestOf(move).host;
    const at = {
      vlid: move.vlid,
      token: move.token,
      epoch: move.epoch + 1,
      dlid: directory.host(host).lid,
      host,
      names: [],
    };
    const o = { timeoutMs: this.#central.timings.controlRequestMs, onAnswer: () => {}, onFail: () => {} };
    for (const to of move.peerHosts) {
      if (!this.#isLost(to)) this.#central.ask(to, { kind: "RESUME_PEER", move: move.record.id, generation, ...at }, o);
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
