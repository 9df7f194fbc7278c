import {
  assert,
  type ErrorCode,
  type Lid,
  NomadError,
  planted,
  type Timings,
  timings,
  unreachable,
  type VLid,
} from "@nomad/base";
import { type Guest, guestReport, type Host, type Injection, type MoveRecord, type Status } from "../http/index.ts";
import { Inbox } from "../inbox.ts";
import {
  type Answer,
  isAnswer,
  isRequest,
  type Message,
  type Notice,
  type Request,
  type RequestOf,
  type Unnumbered,
} from "../message.ts";
import type { Phase } from "../phase.ts";
import { type Outstanding, Requests } from "../requests.ts";
import type { CentralContext } from "./context.ts";
import { appendLog, Directory, type GuestRecord, type HostRecord, isAlive } from "./directory.ts";
import type { CentralEffect, CentralEvent, JournalEntry } from "./effects.ts";
import type { Move } from "./move.ts";
import { guestEntry, hostEntry, moveEntry, nothingRecovered, publishedEntry, type Recovered } from "./records.ts";
import { Sequencer } from "./sequencer.ts";

export interface CentralOptions {
  /** Raised by each start of central; hosts refuse an older one. */
  readonly generation: number;
  readonly version: string;
  readonly timings?: Timings;
  /** What the journal holds, and the time now, ms. */
  readonly recovered?: Recovered;
  readonly now?: number;
}

/**
 * The central server without its IO: directory, sequencer, what to journal. `handle` takes what has happened and the
 * time (ms since 1970); `takeEffects` gives what is to be done; `tick` is due at `deadline`.
 */
export class Central implements CentralContext {
  readonly directory = new Directory();
  readonly generation: number;
  readonly timings: Timings;
  readonly #version: string;
  readonly #sequencer: Sequencer;
  readonly #requests: Requests;
  readonly #inbox = new Inbox();
  readonly #effects: CentralEffect[] = [];
  readonly #onJournaled = new Map<number, () => void>();
  readonly #onMoveEnd = new Map<string, ((record: MoveRecord) => void)[]>();
  #nextTicket = 1;
  now = 0;

  constructor(options: CentralOptions) {
    this.generation = options.generation;
    this.#version = options.version;
    this.timings = options.timings ?? timings;
    this.#requests = new Requests((to, message) => this.#send(to, message), this.timings.resendMs);
    this.#sequencer = new Sequencer(this);
    this.now = options.now ?? 0;
    this.#recover(options.recovered ?? nothingRecovered);
  }

  /** Hosts have as long as if just heard of to come back; moves are finished or undone. */
  #recover({ hosts, guests, moves, published }: Recovered): void {
    for (const { lost, ...row } of hosts) {
      const state = lost ? "lost" : "down";
      this.directory.hosts.set(row.name, { ...row, state, lastHeardAt: this.now, refused: noneRefused });
    }
    for (const row of guests) this.directory.recover(row);
    for (const [key, value] of published) this.directory.published.set(key, value);
    for (const row of moves) this.#sequencer.recover(row);
    for (const guest of this.directory.guests.values()) if (guest.state === "starting") this.#abandon(guest);
  }

  /** Nobody knows whether it began: make sure that it does not. */
  #abandon(guest: GuestRecord): void {
    const why = { code: "E_STATE", message: "central was started again while the guest started" };
    this.#guestEnds(guest, "failed", null, why);
    const o = { timeoutMs: this.timings.hostDeadMs, onAnswer: () => {}, onFail: () => {} };
    this.ask(guest.host, { kind: "END", vlid: guest.vlid, force: true }, o);
  }

  // --- for operators ---

  status(): Status {
    return {
      ok: true,
      central: { version: this.#version, generation: this.generation },
      hosts: [...this.directory.hosts.values()].map((host) => this.#hostView(host)),
      guests: [...this.directory.guests.values()].map(guestView),
      moves: [...this.#sequencer.moves.values()].map(({ record }) => record),
    };
  }

  /** Start a guest; `done` runs once it runs or has failed to. Throws NomadError when it cannot be started. */
  boot(
    spec: {
      readonly name: string;
      readonly image: string;
      readonly host: string | null;
      readonly arguments: Record<string, string>;
    },
    now: number,
    done: (result: Guest | NomadError) => void,
  ): void {
    this.now = now;
    const before = this.directory.guests.get(spec.name);
    if (before && isAlive(before)) throw new NomadError("E_STATE", `guest ${spec.name} is ${before.state}`);
    const host = spec.host ? this.directory.host(spec.host) : this.directory.leastLoaded();
    if (host.state !== "up") throw new NomadError("E_STATE", `host ${host.name} is ${host.state}`);
    const guest = this.#newGuest(spec, host);
    const { vlid, epoch, name, image } = guest;
    const onAnswer = (answer: Answer) => {
      assert(answer.kind === "BOOTED", "BOOT is answered by BOOTED");
      guest.memoryBytes = answer.memoryBytes;
      guest.imageHash = answer.imageHash;
      if (guest.state === "starting") guest.state = "running";
      this.guestChanged(guest);
      done(guestView(guest));
    };
    const onFail = (error: NomadError) => {
      this.#guestEnds(guest, "failed", null, { code: error.code, message: error.message });
      done(error);
    };
    const timeoutMs = 2 * this.timings.controlRequestMs;
    this.ask(
      host.name,
      { kind: "BOOT", vlid, epoch, name, image, arguments: { ...spec.arguments } },
      { timeoutMs, onAnswer, onFail },
    );
  }

  #newGuest(
    spec: { readonly name: string; readonly image: string; readonly arguments: Record<string, string> },
    host: HostRecord,
  ): GuestRecord {
    const { name, image } = spec;
    const guest: GuestRecord = {
      name,
      image,
      vlid: this.directory.nextVlid(),
      arguments: spec.arguments,
      host: host.name,
      epoch: 1,
      state: "starting",
      imageHash: "",
      memoryBytes: 0,
      exitCode: null,
      error: null,
      report: null,
      log: [],
    };
    this.directory.guests.set(name, guest);
    this.guestChanged(guest);
    return guest;
  }

  /** Ask a guest to end, or (force) end it. */
  end(name: string, force: boolean, now: number, done: (result: Guest | NomadError) => void): void {
    this.now = now;
    const guest = this.directory.guest(name);
    if (!isAlive(guest)) throw new NomadError("E_STATE", `guest ${name} is ${guest.state}`);
    this.ask(
      guest.host,
      { kind: "END", vlid: guest.vlid, force },
      {
        timeoutMs: this.timings.controlRequestMs,
        onAnswer: () => done(guestView(guest)),
        onFail: done,
      },
    );
  }

  /** Begin a move. `ended`, when given, runs at its end, however it ends. Throws NomadError when it cannot begin. */
  startMove(
    o: { readonly guest: string; readonly to: string; readonly inject: Injection | null; readonly token: string },
    now: number,
    ended?: (record: MoveRecord) => void,
  ): MoveRecord {
    this.now = now;
    const move = this.#sequencer.plan(o);
    if (ended) this.#onMoveEnd.set(move.record.id, [ended]);
    return move.record;
  }

  move(id: string): MoveRecord {
    const move = this.#sequencer.moves.get(id);
    if (!move) throw new NomadError("E_STATE", `there is no move ${id}`);
    return move.record;
  }

  // --- from its process ---

  handle(event: CentralEvent, now: number): void {
    this.now = now;
    switch (event.kind) {
      case "message":
        return this.#message(event.from, event.incarnation, event.message);
      case "channel-up":
        return this.#requests.resend(event.to);
      case "channel-down":
        return this.#setHostState(event.to, "down");
      case "journaled":
        return this.#journaled(event.ticket);
      default:
        return unreachable(event);
    }
  }

  takeEffects(): CentralEffect[] {
    return this.#effects.splice(0);
  }

  deadline(): number | null {
    let first = this.#requests.deadline() ?? Number.POSITIVE_INFINITY;
    for (const host of this.directory.hosts.values()) {
      if (host.state !== "lost") first = Math.min(first, host.lastHeardAt + this.timings.hostDeadMs);
    }
    return Number.isFinite(first) ? first : null;
  }

  tick(now: number): void {
    this.now = now;
    for (const host of this.directory.hosts.values()) {
      if (host.state !== "lost" && now >= host.lastHeardAt + this.timings.hostDeadMs) this.#declareLost(host);
    }
    this.#requests.tick(now);
  }

  // --- messages ---

  #send(to: string, message: Message): void {
    this.#effects.push({ kind: "send", to, message });
  }

  #message(from: string, incarnation: string, message: Message): void {
    const host = this.directory.hosts.get(from);
    if (host?.incarnation === incarnation) {
      host.lastHeardAt = this.now;
      if (host.state === "lost")
        return this.#refuse(from, message, "E_HOST_LOST", `host ${from} has been declared lost`);
      this.#setHostState(from, "up");
    }
    if (isAnswer(message)) return this.#requests.answered(from, message);
    if (!isRequest(message)) return this.#notice(from, message);
    // Said anew on each connection, under the same number: the answer must be of now.
    if (message.kind === "HELLO") return this.#send(from, this.#answer(from, message));
    const sender = `${from}#${incarnation}`;
    const before = this.#inbox.receive(sender, message);
    if (before === "working") return;
    if (before !== "new") return this.#send(from, before);
    const answer = this.#answer(from, message);
    this.#inbox.answered(sender, answer);
    this.#send(from, answer);
  }

  #refuse(to: string, message: Message, code: ErrorCode, text: string): void {
    if (isRequest(message)) this.#send(to, { kind: "FAILED", re: message.id, code, message: text });
  }

  #answer(from: string, m: Request): Answer {
    const re = m.id;
    switch (m.kind) {
      case "HELLO":
        return { ...this.#hello(from, m), re };
      case "GUEST_ENDED":
        this.#sequencer.heardOf(m.vlid, from);
        this.#guestEnded(m);
        return { kind: "NOTED", re };
      case "REPORT":
        this.#sequencer.heardOf(m.vlid, from);
        this.#report(m.vlid, m.json);
        return { kind: "NOTED", re };
      case "PUBLISH":
        this.directory.published.set(m.key, m.value);
        this.#journal([publishedEntry(m.key, m.value)]);
        return { kind: "PUBLISHED", re };
      case "LOOKUP":
        return { kind: "FOUND", re, value: this.directory.published.get(m.key) ?? null };
      case "LOCATE":
        return { kind: "LOCATION", re, host: this.#locate(m.vlid) };
      case "INQUIRE":
        return { kind: "OUTCOME", re, resume: this.#sequencer.inquire(m.move) };
      case "PEERS_RESUMED":
        this.#sequencer.peersResumed(m.move);
        return { kind: "NOTED", re };
      default:
        return { kind: "FAILED", re, code: "E_MESSAGE", message: `central does not take ${m.kind}` };
    }
  }

  #notice(from: string, m: Notice): void {
    const host = this.directory.hosts.get(from);
    if (m.kind === "HEARTBEAT" && host) host.refused = m.refused;
    if (m.kind === "PROGRESS") return this.#sequencer.progress(m.move, m);
    const guest = m.kind === "LOG" ? this.directory.byVlid(m.vlid) : undefined;
    if (m.kind !== "LOG" || !guest) return;
    this.#sequencer.heardOf(m.vlid, from);
    this.#log(guest, from, m.line);
  }

  #log(guest: GuestRecord, host: string, text: string): void {
    const line = { time: this.now, guest: guest.name, host, line: text };
    appendLog(guest, line);
    this.#effects.push({ kind: "event", event: { type: "log", ...line } });
  }

  #report(vlid: VLid, json: string): void {
    const guest = this.directory.byVlid(vlid);
    if (!guest) return;
    try {
      guest.report = guestReport.parse(JSON.parse(json));
      this.#effects.push({ kind: "event", event: { type: "report", guest: guest.name, report: guest.report } });
    } catch {
      this.#log(guest, guest.host, "(a report that is not of the form a report has was ignored)");
    }
  }

  #locate(vlid: VLid): string | null {
    const guest = this.directory.byVlid(vlid);
    return guest && isAlive(guest) ? guest.host : null;
  }

  // --- hosts ---

  #hello(from: string, m: RequestOf<"HELLO">): Unnumbered<Extract<Answer, { kind: "WELCOME" }>> {
    const known = this.directory.hosts.get(from);
    if (known && known.incarnation !== m.incarnation && known.state !== "lost") this.#declareLost(known);
    const { lid } = known ?? { lid: this.directory.nextLid() };
    const { incarnation, url, pid } = m;
    const host: HostRecord = {
      name: from,
      lid: lid as Lid,
      incarnation,
      url,
      pid,
      state: "up",
      lastHeardAt: this.now,
      refused: noneRefused,
    };
    this.directory.hosts.set(from, host);
    this.#journal([hostEntry(host)]);
    this.#hostChanged(host);
    this.#tellHosts();
    return { kind: "WELCOME", lid: host.lid, generation: this.generation, hosts: this.directory.hostEntries() };
  }

  #setHostState(name: string, state: Host["state"]): void {
    const host = this.directory.hosts.get(name);
    if (!host || host.state === state || host.state === "lost") return;
    host.state = state;
    this.#hostChanged(host);
  }

  /** For good: this incarnation is never believed again, its guests are lost. */
  #declareLost(host: HostRecord): void {
    const error = new NomadError("E_HOST_LOST", `host ${host.name} is lost`);
    host.state = "lost";
    this.#journal([hostEntry(host)]);
    for (const guest of this.directory.guests.values()) {
      if (planted("lost-guest-untold")) break;
      if (guest.host === host.name && isAlive(guest) && !this.#sequencer.mayReturn(guest)) this.guestLost(guest);
    }
    this.#hostChanged(host);
    this.#sequencer.hostLost(host.name, error);
    this.#requests.fail(host.name, error);
    this.#tellHosts();
  }

  #tellHosts(): void {
    for (const { name, state } of this.directory.hosts.values()) {
      if (state !== "lost") this.#send(name, { kind: "HOSTS", hosts: this.directory.hostEntries() });
    }
  }

  // --- guests ---

  #guestEnded(m: RequestOf<"GUEST_ENDED">): void {
    const guest = this.directory.byVlid(m.vlid);
    if (!guest || !isAlive(guest)) return;
    this.#guestEnds(guest, m.error || m.exitCode !== 0 ? "failed" : "exited", m.exitCode, m.error);
  }

  #guestEnds(
    guest: GuestRecord,
    state: "exited" | "failed" | "lost",
    exitCode: number | null,
    error: Guest["error"],
  ): void {
    guest.state = state;
    guest.exitCode = exitCode;
    guest.error = error;
    this.guestChanged(guest);
    if (state !== "lost") this.#sequencer.guestEnded(guest, new NomadError("E_STATE", `guest ${guest.name} has ended`));
  }

  // --- CentralContext ---

  ask(
    to: string,
    message: Unnumbered<Request>,
    o: { timeoutMs: number; onAnswer: (answer: Answer) => void; onFail: (error: NomadError) => void },
  ): Outstanding {
    return this.#requests.ask(to, message, { now: this.now, ...o });
  }

  guestChanged(guest: GuestRecord): void {
    this.#journal([guestEntry(guest)]);
    this.#effects.push({ kind: "event", event: { type: "guest", guest: guestView(guest) } });
  }

  moveChanged(move: Move): void {
    this.#effects.push({ kind: "event", event: { type: "move", move: structuredClone(move.record) } });
  }

  moveEnded(move: Move): void {
    const waiting = this.#onMoveEnd.get(move.record.id) ?? [];
    this.#onMoveEnd.delete(move.record.id);
    for (const ended of waiting) ended(move.record);
  }

  journalMove(move: Move): void {
    this.#journal([moveEntry(move)]);
  }

  guestLost(guest: GuestRecord): void {
    this.#guestEnds(guest, "lost", null, { code: "E_HOST_LOST", message: `host ${guest.host} is lost` });
  }

  journalDecision(move: Move, phase: Phase, owner: GuestRecord, done: () => void): void {
    const ticket = this.#nextTicket++;
    if (planted("commit-before-disk")) done();
    else this.#onJournaled.set(ticket, done);
    this.#effects.push({ kind: "journal", ticket, entries: [moveEntry(move, phase), guestEntry(owner)] });
  }

  #journal(entries: readonly JournalEntry[]): void {
    this.#effects.push({ kind: "journal", ticket: null, entries });
  }

  #journaled(ticket: number): void {
    const done = this.#onJournaled.get(ticket);
    this.#onJournaled.delete(ticket);
    done?.();
  }

  #hostChanged(host: HostRecord): void {
    this.#effects.push({ kind: "event", event: { type: "host", host: this.#hostView(host) } });
  }

  #hostView({ name, state, lid, url, pid, refused }: HostRecord): Host {
    return { name, state, lid, url, pid, guests: this.directory.guestsAt(name), refused };
  }
}

const noneRefused = { connections: 0, messages: 0, frames: 0, packets: 0 };

function guestView({ name, host, epoch, state, vlid, image, memoryBytes, exitCode, error }: GuestRecord): Guest {
  return { name, host, epoch, state, vlid, image, memoryBytes, exitCode, error };
}
