import { Backend, type BackendEvents } from "@nomad/backend";
import { type Lid, NomadError, type Timings, timings, unreachable, type VLid } from "@nomad/base";
import type { Hca, HcaEvents } from "@nomad/hca";
import type { PathQuery, PathRecord } from "@nomad/iba";
import { mayTell, roleOf } from "../authority.ts";
import type { Refusals } from "../http/index.ts";
import {
  type Answer,
  type AnswerOf,
  isAnswer,
  isRequest,
  type Notice,
  type Request,
  type RequestOf,
  type Unnumbered,
} from "../message.ts";
import type { HostEntry } from "../schema.ts";
import { earlier } from "../timers.ts";
import { HostContext, ignore } from "./context.ts";
import { DestinationMove } from "./destination.ts";
import type { HostEffect, HostEvent } from "./effects.ts";
import { Guests } from "./guests.ts";
import { Identities } from "./identities.ts";
import { Names } from "./names.ts";
import { Peers } from "./peers.ts";
import { Programs } from "./programs.ts";
import type { Reply } from "./reply.ts";
import { guestHolder, SourceMove } from "./source.ts";
import { SubnetAgent } from "./subnet-agent.ts";

export interface CoordinatorOptions {
  readonly name: string;
  readonly lid: Lid;
  readonly makeHca: (events: HcaEvents) => Hca;
  readonly timings?: Timings;
  /** What the process has refused so far, for central to know. */
  readonly refused: () => Refusals;
}

/**
 * A host's privileged domain without its IO: coordinator, back-end and adapter. `handle` takes what has happened and
 * the time (ms); `takeEffects` gives what is to be done; `tick` is due at `deadline`. Packets go by `backend.hca`.
 */
export class Coordinator {
  readonly backend: Backend;
  readonly guests: Guests;
  readonly #host: HostContext;
  readonly #names: Names;
  readonly #programs: Programs;
  readonly #identities: Identities;
  readonly #peers: Peers;
  readonly #agent: SubnetAgent;
  readonly #sources = new Map<string, SourceMove>();
  readonly #destinations = new Map<string, DestinationMove>();
  readonly #refused: () => Refusals;
  #heartbeatAt = 0;
  /** The newest central that has spoken. */
  #generation = 0;

  constructor(options: CoordinatorOptions) {
    this.backend = new Backend({ lid: options.lid, makeHca: options.makeHca, events: this.#backendEvents() });
    this.#agent = new SubnetAgent(this.backend.hca);
    this.#refused = options.refused;
    this.#host = new HostContext(options.name, this.backend, options.timings ?? timings);
    this.guests = new Guests(this.#host);
    this.#names = new Names(this.#host, this.guests);
    this.#programs = new Programs(this.#host, this.#names);
    this.#identities = new Identities(this.#host);
    this.#peers = new Peers(this.#host, this.#names);
  }

  get hosts(): ReadonlyMap<string, HostEntry> {
    return this.#host.hosts;
  }

  /** What is kept only for a while, by kind: when nothing is under way, nothing is. */
  get underWay(): Readonly<Record<string, number>> {
    return {
      source: this.#sources.size,
      destination: this.#destinations.size,
      peer: this.#peers.holding,
      foretold: this.#peers.foretold,
      requests: this.#host.requests.size,
      lookups: this.#names.waiting,
      timers: this.#host.timers.size,
    };
  }

  handle(event: HostEvent, now: number): void {
    this.#host.now = now;
    this.#event(event);
    this.#messagesToSelf();
  }

  /** A guest has rung its bell. */
  bell(vlid: VLid, now: number): void {
    this.#host.now = now;
    this.backend.bell(vlid, now);
    this.#messagesToSelf();
  }

  /** For the program at this host's port. */
  asProgram<T>(act: (programs: Programs) => T, now: number): T {
    this.#host.now = now;
    const result = act(this.#programs);
    this.#messagesToSelf();
    return result;
  }

  /** Asks subnet administration for a path from this host's port. */
  queryPath(query: PathQuery, now: number, done: (result: PathRecord | NomadError) => void): void {
    this.#host.now = now;
    this.#host.ask<AnswerOf<"PATH">>(
      "central",
      { kind: "QUERY_PATH", query },
      {
        timeoutMs: this.#host.timings.controlRequestMs,
        onAnswer: ({ path }) => done(path),
        onFail: done,
      },
    );
  }

  takeEffects(): HostEffect[] {
    return this.#host.effects.splice(0);
  }

  deadline(): number {
    return (
      earlier(earlier(this.#host.timers.deadline(), this.#host.requests.deadline()), this.#heartbeatAt) ??
      this.#heartbeatAt
    );
  }

  tick(now: number): void {
    this.#host.now = now;
    if (now >= this.#heartbeatAt) {
      this.#heartbeatAt = now + this.#host.timings.heartbeatMs;
      this.#host.tell("central", { kind: "HEARTBEAT", refused: this.#refused(), port: this.#agent.state });
    }
    this.#host.timers.tick(now);
    this.#host.requests.tick(now);
    this.#messagesToSelf();
  }

  #event(event: HostEvent): void {
    switch (event.kind) {
      case "message":
        return this.#message(event.from, event.incarnation, event.message);
      case "channel-up":
        return this.#host.requests.resend(event.to);
      case "port-set":
        return this.#agent.set(event.settings, event.generation);
      case "fenced":
        return this.#agent.fenced();
      case "done":
        return this.#host.settle(event.ticket, { value: event.value });
      case "failed":
        return this.#host.settle(event.ticket, { error: event.error });
      case "copying":
        return this.#sources.get(event.move)?.copying(event.copied);
      case "guest-exit":
        return this.guests.exited(event.vlid, event.exitCode, event.error);
      default:
        return unreachable(event);
    }
  }

  #messagesToSelf(): void {
    for (let message = this.#host.toSelf.shift(); message; message = this.#host.toSelf.shift()) {
      this.#message(this.#host.name, "self", message);
    }
  }

  #message(from: string, incarnation: string, message: Request | Answer | Notice): void {
    if (isAnswer(message)) return this.#host.requests.answered(from, message);
    if (!mayTell(message.kind, roleOf(from), "host")) return this.#refuse(from, message);
    if (!isRequest(message)) return this.#notice(message);
    const sender = `${from}#${incarnation}`;
    const before = this.#host.inbox.receive(sender, message);
    if (before === "working") return;
    if (before !== "new") return this.#host.send(from, before);
    this.#request(message, this.#reply(from, sender, message.id));
  }

  /** It is not the sender's to say. */
  #refuse(from: string, message: Request | Notice): void {
    if (!isRequest(message)) return;
    const why = `${message.kind} is not ${from}'s to say to a host`;
    this.#host.send(from, { kind: "FAILED", re: message.id, code: "E_AUTH", message: why });
  }

  #reply(from: string, sender: string, id: number): Reply {
    const answer = (body: Unnumbered<Answer>) => {
      const numbered = { ...body, re: id } as Answer;
      this.#host.inbox.answered(sender, numbered);
      this.#host.send(from, numbered);
    };
    const refuse: Reply["refuse"] = (code, message) => answer({ kind: "FAILED", code, message });
    return { from, answer, refuse, fail: (error) => refuse(error.code, error.message) };
  }

  #notice(notice: Notice): void {
    if (notice.kind === "HOSTS") this.#learnHosts(notice.hosts);
  }

  #learnHosts(hosts: readonly HostEntry[]): void {
    const known = this.#host.hosts;
    for (const host of hosts) {
      const before = known.get(host.name);
      if (before && before.incarnation !== host.incarnation) this.#forgetHost(host);
      known.set(host.name, host);
      if (host.lost) this.#peers.forgetHost(host.name);
      if (host.lost) this.#host.requests.fail(host.name, new NomadError("E_HOST_LOST", `host ${host.name} is lost`));
    }
    if (known.size > hosts.length) this.#forgetAllBut(new Set(hosts.map(({ name }) => name)));
    this.#host.effects.push({ kind: "hosts", changed: true });
  }

  /** Central, which has lost its journal, knows of no others. */
  #forgetAllBut(names: ReadonlySet<string>): void {
    for (const name of this.#host.hosts.keys()) if (!names.has(name)) this.#host.hosts.delete(name);
  }

  /** Another incarnation of it lives. */
  #forgetHost({ name, lid }: HostEntry): void {
    this.backend.forgetPort(lid);
    this.#peers.forgetHost(name);
  }

  #request(m: Request, reply: Reply): void {
    if ("generation" in m && reply.from === "central") {
      if (m.generation < this.#generation) return reply.refuse("E_STATE", "an older central has no say any more");
      this.#generation = m.generation;
    }
    try {
      this.#dispatch(m, reply);
    } catch (error) {
      if (!(error instanceof NomadError)) throw error;
      reply.fail(error);
    }
  }

  #dispatch(m: Request, reply: Reply): void {
    switch (m.kind) {
      case "BOOT":
        return this.guests.boot(m, reply);
      case "END":
        return this.guests.end(m, reply);
      case "CONNECT":
        return this.#names.onConnect(m, reply);
      case "RESOLVE":
        return this.#names.onResolve(m, reply);
      case "WHO_IS":
        return this.#identities.onWhoIs(m, reply);
      case "PRECOPY":
        return this.#newSource(m).precopy(reply);
      case "SUSPEND":
        return this.#source(m.move).suspend(m, reply);
      case "STOP":
        return this.#source(m.move).stop(m, reply);
      case "RELEASE":
        return this.#release(m, reply);
      case "PREPARE":
        return this.#newDestination(m).prepare(reply);
      case "PRESETUP":
        return this.#destination(m.move).presetup(m, reply);
      case "PRESETUP_QPS":
        return this.#destination(m.move).presetupQps(m, reply);
      case "STATE":
        return this.#destination(m.move).state(m, reply);
      case "BIND":
        return this.#destination(m.move).bind(m, reply);
      case "RUN":
        return this.#run(m, reply);
      case "ABORT":
        return this.#abort(m, reply);
      case "SUSPEND_PEER":
        return this.#peers.suspend(m, reply);
      case "RESUME_PEER":
        return this.#peers.resume(m, reply);
      case "FORETELL":
        return this.#peers.foretell(m, reply);
      case "FENCE":
        return this.#peers.fence(m, reply);
      case "INQUIRE":
        return this.#inquire(m, reply);
      default:
        return reply.refuse("E_MESSAGE", `a host does not take ${m.kind}`);
    }
  }

  #newSource(m: RequestOf<"PRECOPY">): SourceMove {
    const source = new SourceMove(this.#host, this.guests, this.#names, m);
    this.#sources.set(m.move, source);
    return source;
  }

  #newDestination(m: RequestOf<"PREPARE">): DestinationMove {
    const done = () => void this.#destinations.delete(m.move);
    const destination = new DestinationMove(this.#host, this.guests, this.#names, m, done);
    this.#destinations.set(m.move, destination);
    return destination;
  }

  #source(move: string): SourceMove {
    const source = this.#sources.get(move);
    if (!source) throw new NomadError("E_STATE", `${this.#host.name} is not the source of move ${move}`);
    return source;
  }

  #destination(move: string): DestinationMove {
    const destination = this.#destinations.get(move);
    if (!destination) throw notTheDestination(this.#host.name, move);
    return destination;
  }

  #release(m: RequestOf<"RELEASE">, reply: Reply): void {
    const source = this.#sources.get(m.move);
    this.#sources.delete(m.move);
    if (source) return source.release(m, reply);
    if (this.guests.running.has(m.vlid)) throw new NomadError("E_STATE", `guest ${m.vlid} runs at ${this.#host.name}`);
    reply.answer({ kind: "RELEASED" });
  }

  /** A central that has started anew asks once more: a guest that runs already, runs. */
  #run(m: RequestOf<"RUN">, reply: Reply): void {
    const destination = this.#destinations.get(m.move);
    if (destination) {
      this.#peers.saw(m.move);
      return destination.run(m, reply);
    }
    if (this.guests.running.get(m.vlid)?.epoch !== m.epoch) throw notTheDestination(this.#host.name, m.move);
    reply.answer({ kind: "RUNNING" });
    const { move, vlid, generation } = m;
    const o = { timeoutMs: Number.POSITIVE_INFINITY, onAnswer: ignore, onFail: ignore };
    this.#host.ask("central", { kind: "PEERS_RESUMED", move, vlid, generation }, o);
  }

  /** A peer's host has been held for long: if the guest runs here, tell it what RESUME_PEER would have told. */
  #inquire(m: RequestOf<"INQUIRE">, reply: Reply): void {
    const guest = this.guests.running.get(m.vlid);
    const device = this.backend.devices.get(m.vlid);
    const told = this.#destinations.get(m.move)?.names;
    const undecided = this.#sources.has(m.move) || !guest || !device || device.detached || told === null;
    if (undecided) return reply.answer({ kind: "OUTCOME", resume: null });
    const moved = m.to === this.#host.name;
    // Once all peers have been told, nobody who asks has anything left to go on by.
    const known = told ?? [...device.qps.values()].map(({ vqpn, qpn }) => ({ vqpn, qpn, resume: null }));
    const names = moved ? [...known] : [];
    const resume = { epoch: guest.epoch, dlid: this.#host.lid, host: this.#host.name, names };
    reply.answer({ kind: "OUTCOME", resume });
  }

  /** A move of which this host has seen nothing is aborted already. */
  #abort(m: RequestOf<"ABORT">, reply: Reply): void {
    const moves = m.role === "source" ? this.#sources : this.#destinations;
    const move = moves.get(m.move);
    if (!move) return reply.answer({ kind: "ABORTED" });
    moves.delete(m.move);
    if (move instanceof SourceMove) move.abort(m, m.token, reply);
    else move.abort(m, reply);
  }

  #backendEvents(): BackendEvents {
    return {
      connect: (call) => this.#names.connect(call),
      resolve: (call) => this.#names.resolve(call),
      address: (call) => this.#names.address(call),
      identify: (sender) => this.#identities.identify(sender),
      publish: (call) => this.#names.publish(call),
      lookup: (call) => this.#names.lookup(call),
      report: (vlid, json) => this.guests.report(vlid, json),
      log: (vlid, line) => this.#host.tell("central", { kind: "LOG", vlid, line }),
      drained: (holder) => this.#drained(holder),
    };
  }

  #drained(holder: string): void {
    this.#peers.drained(holder);
    for (const [move, source] of this.#sources) if (guestHolder(move) === holder) source.drained();
  }
}

const notTheDestination = (host: string, move: string): NomadError =>
  new NomadError("E_STATE", `${host} is not the destination of move ${move}`);
