import { defaults, NomadError, planted, type Timings, timings, unreachable, type VLid } from "@nomad/base";
import type { PathQuery } from "@nomad/iba";
import { mayTell, roleOf } from "../authority.ts";
import type { Guest, MoveRecord, Partition, Status } from "../http/index.ts";
import { Inbox } from "../inbox.ts";
import {
  type Answer,
  isAnswer,
  isRequest,
  type Message,
  type Notice,
  type Request,
  type Unnumbered,
} from "../message.ts";
import { isDecided, isEnded, phases } from "../phase.ts";
import type { Outstanding } from "../requests.ts";
import { CentralContext, guestView } from "./context.ts";
import { type Directory, type HostRecord, isAlive } from "./directory.ts";
import type { CentralEffect, CentralEvent } from "./effects.ts";
import { partitionsEntry, publishedEntry } from "./entries.ts";
import { type GuestSpec, LabGuests } from "./guests.ts";
import { Hosts } from "./hosts.ts";
import { nothingRecovered, type Recovered } from "./records.ts";
import { type MovePlan, Sequencer } from "./sequencer.ts";

export interface CentralOptions {
  /** Raised by each start of central; hosts refuse an older one. */
  readonly generation: number;
  readonly version: string;
  readonly timings?: Timings;
  /** Moves under way from or to one host; more wait. */
  readonly movesPerHostMax?: number;
  /** What the journal holds, and the time now, ms. */
  readonly recovered?: Recovered;
  readonly now?: number;
  /** Of the subnet; those of the journal when absent. */
  readonly partitions?: readonly Partition[];
}

/**
 * The central server without its IO: hosts, guests, moves, and what to journal. `handle` takes what has happened and the
 * time (ms since 1970); `takeEffects` gives what is to be done; `tick` is due at `deadline`.
 */
export class Central {
  readonly #central: CentralContext;
  readonly #version: string;
  readonly #hosts: Hosts;
  readonly #guests: LabGuests;
  readonly #sequencer: Sequencer;
  readonly #inbox = new Inbox();

  constructor(options: CentralOptions) {
    this.#version = options.version;
    const recovered = options.recovered ?? nothingRecovered;
    this.#central = new CentralContext({
      generation: options.generation,
      timings: options.timings ?? timings,
      movesPerHostMax: options.movesPerHostMax ?? defaults.movesPerHostMax,
      now: options.now ?? 0,
      partitions: options.partitions ?? recovered.partitions,
    });
    this.#hosts = new Hosts(this.#central, (host, error) => this.#hostLost(host, error));
    this.#guests = new LabGuests(this.#central, (guest, error) => this.#sequencer.guestEnded(guest, error));
    this.#sequencer = new Sequencer(this.#central, this.#guests);
    if (options.partitions) this.#central.journal(partitionsEntry(options.partitions));
    this.#recover(recovered);
  }

  get directory(): Directory {
    return this.#central.directory;
  }

  get generation(): number {
    return this.#central.generation;
  }

  /** Moves are finished or undone. */
  #recover({ hosts, guests, moves, published }: Recovered): void {
    for (const row of hosts) this.#hosts.recover(row);
    for (const row of guests) this.directory.recover(row);
    for (const [key, value] of published) this.directory.published.set(key, value);
    this.#loseGuests(new Set(moves.filter(({ phase }) => isUnderWay(phase)).map(({ record }) => record.guest)));
    this.#sequencer.recover(moves);
    for (const guest of this.directory.guests.values()) if (guest.state === "starting") this.#guests.abandon(guest);
  }

  /** Of hosts that were lost, when a former central had no time to say so of their guests. What decided moves do is left to them. */
  #loseGuests(decided: ReadonlySet<string>): void {
    for (const guest of this.directory.guests.values()) {
      if (isAlive(guest) && this.directory.isLost(guest.host) && !decided.has(guest.name)) this.#guests.lost(guest);
    }
  }

  /** For what hosts are asked besides: see `Requests.ask`. */
  ask(...asked: Parameters<CentralContext["ask"]>): Outstanding {
    return this.#central.ask(...asked);
  }

  // --- for operators ---

  status(): Status {
    const guestsAt = this.directory.guestsByHost();
    return {
      ok: true,
      central: { version: this.#version, generation: this.generation },
      hosts: [...this.directory.hosts.values()].map((host) =>
        this.#central.hostView(host, guestsAt.get(host.name) ?? 0),
      ),
      guests: [...this.directory.guests.values()].map(guestView),
      moves: [...this.#sequencer.moves.values()].map(({ record }) => record),
    };
  }

  /** Start a guest; `done` runs once it runs or has failed to. Throws NomadError when it cannot be started. */
  boot(spec: GuestSpec, now: number, done: (result: Guest | NomadError) => void): void {
    this.#central.now = now;
    this.#guests.boot(spec, done);
  }

  /** Ask a guest to end, or (force) end it. Throws NomadError when there is none. */
  end(name: string, force: boolean, now: number, done: (result: Guest | NomadError) => void): void {
    this.#central.now = now;
    this.#guests.end(name, force, done);
  }

  /** Begin a move. `ended`, when given, runs at its end, however it ends. Throws NomadError when it cannot begin. */
  startMove(plan: MovePlan, now: number, ended?: (record: MoveRecord) => void): MoveRecord {
    this.#central.now = now;
    return this.#sequencer.plan(plan, ended).record;
  }

  move(id: string): MoveRecord {
    const move = this.#sequencer.moves.get(id);
    if (!move) throw new NomadError("E_STATE", `there is no move ${id}`);
    return move.record;
  }

  // --- from its process ---

  handle(event: CentralEvent, now: number): void {
    this.#central.now = now;
    switch (event.kind) {
      case "message":
        return this.#message(event.from, event.incarnation, event.message);
      case "channel-up":
        this.#hosts.connected(event.to, event.protocol);
        return this.#central.requests.resend(event.to);
      case "channel-down":
        return this.#hosts.disconnected(event.to);
      case "journaled":
        return this.#central.journaled(event.ticket);
      default:
        return unreachable(event);
    }
  }

  takeEffects(): CentralEffect[] {
    return this.#central.effects.splice(0);
  }

  deadline(): number | null {
    const first = Math.min(this.#central.requests.deadline() ?? Number.POSITIVE_INFINITY, this.#hosts.deadline());
    return Number.isFinite(first) ? first : null;
  }

  tick(now: number): void {
    this.#central.now = now;
    this.#hosts.tick();
    this.#central.requests.tick(now);
  }

  // --- messages ---

  #message(from: string, incarnation: string, message: Message): void {
    if (!this.#hosts.heard(from, incarnation)) return this.#refuseLost(from, message);
    if (isAnswer(message)) return this.#central.requests.answered(from, message);
    if (roleOf(from) !== "host" || !mayTell(message.kind, "host", "central")) return this.#refuse(from, message);
    if (!isRequest(message)) return this.#notice(from, message);
    // Said anew on each connection, under the same number: the answer must be of now.
    if (message.kind === "HELLO") return this.#central.send(from, this.#answer(from, message));
    const sender = `${from}#${incarnation}`;
    const before = this.#inbox.receive(sender, message);
    if (before === "working") return;
    if (before !== "new") return this.#central.send(from, before);
    const answer = this.#answer(from, message);
    this.#inbox.answered(sender, answer);
    this.#central.send(from, answer);
  }

  #refuseLost(from: string, message: Message): void {
    if (!isRequest(message)) return;
    const why = { code: "E_HOST_LOST" as const, message: `host ${from} has been declared lost` };
    this.#central.send(from, { kind: "FAILED", re: message.id, ...why });
  }

  /** It is not the sender's to say. */
  #refuse(from: string, message: Message): void {
    if (!isRequest(message)) return;
    const why = `${message.kind} is not ${from}'s to say to central`;
    this.#central.send(from, { kind: "FAILED", re: message.id, code: "E_AUTH", message: why });
  }

  /** Only the host where a guest is speaks for it; what others say of it (late, or after they lost it) has no effect. */
  #speaksFor(from: string, vlid: VLid): boolean {
    return this.directory.byVlid(vlid)?.host === from;
  }

  #answer(from: string, m: Request): Answer {
    const re = m.id;
    switch (m.kind) {
      case "HELLO":
        return { ...this.#hosts.hello(from, m), re };
      case "GUEST_ENDED":
        this.#sequencer.heardOf(m.vlid, from);
        if (this.#speaksFor(from, m.vlid)) this.#guests.ended(m);
        return { kind: "NOTED", re };
      case "REPORT":
        this.#sequencer.heardOf(m.vlid, from);
        if (this.#speaksFor(from, m.vlid)) this.#guests.report(m);
        return { kind: "NOTED", re };
      case "PUBLISH":
        this.directory.published.set(m.key, m.value);
        this.#central.journal(publishedEntry(m.key, m.value));
        return { kind: "PUBLISHED", re };
      case "LOOKUP":
        return { kind: "FOUND", re, value: this.directory.published.get(m.key) ?? null };
      case "QUERY_PATH":
        return { ...this.#path(from, m.query), re };
      case "LOCATE":
        return { kind: "LOCATION", re, host: this.#guests.locate(m.vlid) };
      case "INQUIRE":
        return { kind: "OUTCOME", re, resume: this.#sequencer.inquire(m.move) };
      case "PEERS_RESUMED":
        this.#sequencer.peersResumed(m.move, from);
        return { kind: "NOTED", re };
      default:
        return { kind: "FAILED", re, code: "E_MESSAGE", message: `central does not take ${m.kind}` };
    }
  }

  #path(from: string, query: PathQuery): Unnumbered<Answer> {
    try {
      return { kind: "PATH", path: this.#central.subnet.path(from, query) };
    } catch (error) {
      if (!(error instanceof NomadError)) throw error;
      return { kind: "FAILED", code: error.code, message: error.message };
    }
  }

  #notice(from: string, m: Notice): void {
    if (m.kind === "HEARTBEAT") this.#hosts.heartbeat(from, m);
    if (m.kind === "COPYING") this.#sequencer.copying(m.move, from, m.progress);
    if (m.kind === "PROGRESS") this.#sequencer.progress(m.move, from, m);
    if (m.kind !== "LOG") return;
    this.#sequencer.heardOf(m.vlid, from);
    if (this.#speaksFor(from, m.vlid)) this.#guests.log(m.vlid, from, m.line);
  }

  /** Its guests are lost with it, but for one that may still go back to where it came from. */
  #hostLost(host: HostRecord, error: NomadError): void {
    for (const guest of this.directory.guests.values()) {
      if (planted("lost-guest-untold")) break;
      if (guest.host === host.name && isAlive(guest) && !this.#sequencer.mayReturn(guest)) this.#guests.lost(guest);
    }
    this.#central.hostChanged(host);
    this.#sequencer.hostLost(host.name, error);
  }
}

const isUnderWay = (phase: string): boolean => {
  const known = phases.find((one) => one === phase);
  return known !== undefined && isDecided(known) && !isEnded(known);
};
