import { crc32 } from "node:zlib";
import {
  assert,
  defaults,
  type Lid,
  type NomadError,
  Random,
  type Timings,
  VirtualClock,
  type VLid,
} from "@nomad/base";
import { Host } from "@nomad/daemon/host";
import { Central, type CentralEffect, decodeMessage, encodeMessage, type Message } from "@nomad/protocol";
import type { Guest, GuestReport, LabEvent, MoveRecord } from "@nomad/protocol/http";
import { type MemoryLinkPair, memoryLinkPair } from "@nomad/wire";
import { Bulk } from "./bulk.ts";
import type { Execution, Program } from "./guest.ts";
import { Machines } from "./machines.ts";

/** Shorter than in a real lab: a simulated guest works all the time, and time is work. */
const timings: Timings = { ...defaults, heartbeatMs: 100, hostDeadMs: 500 };

export interface WorldOptions {
  readonly seed: number;
  readonly hosts: number;
  readonly programs: Readonly<Record<string, Program>>;
  readonly guestBytes?: number;
  /** One way, control and wire, ms. */
  readonly latencyMs?: number;
  /** Decide what happens to a control message: false loses it. */
  readonly passes?: (from: string, to: string, message: Message) => boolean;
}

interface Node {
  readonly host: Host;
  readonly machines: Machines;
  readonly links: MemoryLinkPair[];
  alive: boolean;
}

/**
 * A whole lab in one process, from the cores that the daemons run: central and hosts, on links in memory, under a
 * virtual clock. The same seed gives the same history.
 */
export class World {
  readonly clock = new VirtualClock();
  readonly central = new Central({ generation: 1, version: "simulated", timings });
  readonly events: LabEvent[] = [];
  readonly #o: Required<Omit<WorldOptions, "hosts">>;
  readonly #random: Random;
  readonly #nodes = new Map<string, Node>();
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #executions = new Map<VLid, Execution>();
  readonly #expected = new Map<string, Uint8Array>();
  #centralAt = Number.POSITIVE_INFINITY;

  constructor(options: WorldOptions) {
    this.#o = { guestBytes: 2 * 1024 * 1024, latencyMs: 0.05, passes: () => true, ...options };
    this.#random = new Random(options.seed);
    this.#programs = new Map(Object.entries(options.programs));
    for (let i = 0; i < options.hosts; i++) this.#addHost(`host-${String.fromCharCode(97 + i)}`, (i + 1) as Lid);
  }

  #addHost(name: string, lid: Lid): void {
    const { clock } = this;
    const url = `sim://${name}`;
    const machines = new Machines({
      clock,
      memoryBytes: this.#o.guestBytes,
      programs: this.#programs,
      executions: this.#executions,
      onBell: (vlid) => host.bell(vlid),
      onExit: (vlid, exitCode) => host.handle({ kind: "guest-exit", vlid, exitCode, error: null }),
    });
    const memory = (vlid: VLid) => machines.guest(vlid).memory.bytes;
    const bulk = new Bulk({ clock, url, expected: this.#expected, memory });
    const host: Host = new Host({
      name,
      lid,
      icrc: true,
      random: new Random(this.#random.uint32()),
      crc32,
      clock,
      timings,
      io: {
        vmm: (vlid, action, done) => machines.perform(vlid, action, (result) => node.alive && done(result)),
        bulk: (move, action, done) => bulk.perform(move, action, (result) => node.alive && done(result)),
        send: (to, message) => this.#send(name, to, message),
        learnHosts: () => {},
        refused: () => ({ connections: 0, messages: 0 }),
      },
    });
    const node: Node = { host, machines, links: [], alive: true };
    this.#cable(name, node, lid);
    this.#nodes.set(name, node);
    this.#send(name, "central", { kind: "HELLO", id: 0, name, incarnation: "1", url, pid: lid });
  }

  /** A link to each host that is there, and to itself. */
  #cable(name: string, node: Node, lid: Lid): void {
    const options = { scheduler: this.clock, bufferedBytesMax: defaults.linkBufferedBytesMax };
    const own = memoryLinkPair(options);
    node.host.fabric.join(lid, own.a, own.b);
    let otherLid = 1;
    for (const [otherName, other] of this.#nodes) {
      assert(otherName !== name, "hosts have names of their own");
      const pair = memoryLinkPair({ ...options, latencyMs: this.#o.latencyMs });
      node.host.fabric.join(otherLid as Lid, pair.a);
      other.host.fabric.join(lid, pair.b);
      node.links.push(pair);
      other.links.push(pair);
      otherLid++;
    }
  }

  /** As bytes, through the schema, like over a socket. */
  #send(from: string, to: string, message: Message): void {
    const joins = message.kind === "HELLO" || message.kind === "WELCOME";
    if (!joins && !this.#o.passes(from, to, message)) return;
    const bytes = encodeMessage(message);
    this.clock.after(this.#o.latencyMs, () => this.#deliver(from, to, decodeMessage(bytes)));
  }

  #deliver(from: string, to: string, message: Message): void {
    const sender = this.#nodes.get(from);
    if (sender && !sender.alive) return;
    if (to === "central") {
      this.central.handle({ kind: "message", from, incarnation: "1", message }, this.clock.now());
      return this.#turnOfCentral();
    }
    const node = this.#nodes.get(to);
    if (node?.alive && message.kind !== "WELCOME")
      node.host.handle({ kind: "message", from, incarnation: "1", message });
  }

  #turnOfCentral(): void {
    for (let effects = this.central.takeEffects(); effects.length > 0; effects = this.central.takeEffects()) {
      for (const effect of effects) this.#perform(effect);
    }
    const deadline = this.central.deadline();
    if (deadline === null || deadline >= this.#centralAt) return;
    this.#centralAt = deadline;
    this.clock.after(deadline - this.clock.now(), () => {
      this.#centralAt = Number.POSITIVE_INFINITY;
      this.central.tick(this.clock.now());
      this.#turnOfCentral();
    });
  }

  #perform(effect: CentralEffect): void {
    if (effect.kind === "send") return this.#send("central", effect.to, effect.message);
    if (effect.kind === "event") return void this.events.push(effect.event);
    const { ticket } = effect;
    if (ticket === null) return;
    this.clock.after(0.5, () => {
      this.central.handle({ kind: "journaled", ticket }, this.clock.now());
      this.#turnOfCentral();
    });
  }

  // --- what a scenario does ---

  /** Let time pass until `condition` holds. Throws when it does not within `withinMs` of virtual time. */
  until(what: string, condition: () => boolean, withinMs = 60_000): void {
    const end = this.clock.now() + withinMs;
    while (!condition()) {
      const stepped = this.clock.step();
      if (!stepped || this.clock.now() > end) {
        throw new Error(`seed ${this.#o.seed}: within ${withinMs} ms it did not happen that ${what}`);
      }
    }
  }

  /** Let so much time pass, ms. */
  run(ms: number): void {
    const end = this.clock.now() + ms;
    this.until(`${ms} ms pass`, () => this.clock.now() >= end, ms + 1);
  }

  boot(name: string, image: string, host: string): Guest {
    const up = () => this.central.directory.hosts.get(host)?.state === "up";
    this.until(`${host} is up`, up);
    return this.#ask<Guest>((done) => this.central.boot({ name, image, host, arguments: {} }, this.clock.now(), done));
  }

  #ask<T>(ask: (done: (result: T | NomadError) => void) => void): T {
    const results: (T | NomadError)[] = [];
    ask((result) => results.push(result));
    this.#turnOfCentral();
    this.until("central answers", () => results.length > 0);
    const [result] = results;
    if (result instanceof Error) throw result;
    return result as T;
  }

  /** Ask for a move, and go on. */
  startMove(guest: string, to: string, inject: "flip-page" | null = null): MoveRecord {
    const record = this.central.startMove(
      { guest, to, inject, token: `token-${this.#random.uint32()}` },
      this.clock.now(),
    );
    this.#turnOfCentral();
    return record;
  }

  /** Move, and wait for the end of it. */
  move(guest: string, to: string, inject: "flip-page" | null = null): MoveRecord {
    const record = this.startMove(guest, to, inject);
    this.until(`move ${record.id} of ${guest} to ${to} ends`, () => record.outcome !== "");
    return record;
  }

  /** Ask guests to end, and wait until they have. */
  end(...guests: readonly string[]): void {
    for (const name of guests) {
      this.central.end(name, false, this.clock.now(), () => {});
      this.#turnOfCentral();
    }
    for (const name of guests) this.until(`${name} has ended`, () => this.stateOf(name) !== "running");
  }

  stateOf(guest: string): string {
    return this.central.directory.guest(guest).state;
  }

  report(guest: string): GuestReport {
    const { report } = this.central.directory.guest(guest);
    assert(report, `${guest} has reported`);
    return report;
  }

  host(name: string): Host {
    const node = this.#nodes.get(name);
    assert(node, `there is a host ${name}`);
    return node.host;
  }

  /** The host's process dies, without a word. */
  kill(name: string): void {
    const node = this.#nodes.get(name);
    assert(node, `there is a host ${name}`);
    node.alive = false;
    for (const link of node.links) link.cut();
    node.machines.crash();
    node.host.close();
  }
}
