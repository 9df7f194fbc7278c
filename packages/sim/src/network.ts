import { assert, defaults, type Lid, type Random, type VirtualClock } from "@nomad/base";
import {
  type Answer,
  decodeMessage,
  encodeMessage,
  type HostEntry,
  hasKind,
  isRequest,
  type Message,
  type Request,
  refusalOf,
} from "@nomad/protocol";
import { type FaultRules, FaultyLink, isMulticast, type MemoryLinkPair, memoryLinkPair } from "@nomad/wire";
import type { HostProcess } from "./host-process.ts";
import type { Observers } from "./observer.ts";
import type { Process } from "./process.ts";

/** A process that takes part in the control protocol. */
export interface Place {
  readonly name: string;
  /** Tells one run of it from the next. */
  readonly incarnation: string;
  readonly process: Process;
  /** The newest version of the protocol that it speaks. */
  readonly protocol: number;
  receive(from: string, incarnation: string, message: Message): void;
  /** `protocol`: the version that both ends speak. */
  channelUp(to: string, protocol: number): void;
}

export interface NetworkOptions {
  readonly clock: VirtualClock;
  readonly rules: FaultRules;
  readonly random: Random;
  readonly observers: Observers;
  /** One way, control and wire, ms. */
  readonly latencyMs: number;
  /** Decide what happens to a control message: false loses it. */
  readonly passes: (from: string, to: string, message: Message) => boolean;
}

/** What a channel says when it opens, and what is told once and never again, is not lost while the channel is up. */
const neverLost = new Set<Message["kind"]>(["HELLO", "WELCOME", "HOSTS"]);

/** Channels between processes, and links between hosts' ports, with the faults that they suffer. */
export class Network {
  readonly #o: NetworkOptions;
  readonly #places = new Map<string, Place>();
  /** Whom a host has been told of, by name: the incarnation, or that it is lost. */
  readonly #known = new Map<Place, Map<string, string>>();
  /** Names by LID; a host keeps its LID. */
  readonly #byLid = new Map<Lid, string>();
  /** The wire between two hosts, by pair; made when there is first something to send: in a large lab most never speak. */
  readonly #links = new Map<string, MemoryLinkPair>();
  readonly #cuts = new Set<string>();
  /** By version. */
  readonly #broadcasts = new WeakMap<readonly HostEntry[], Map<number, Uint8Array>>();
  readonly #read = new WeakMap<Uint8Array, Message>();

  constructor(options: NetworkOptions) {
    this.#o = options;
  }

  /** A process has started, in place of a former one of this name. */
  attach(place: Place): void {
    this.#places.set(place.name, place);
  }

  /** As bytes, through the schema, like over a socket. */
  send(from: Place, to: string, message: Message): void {
    const { rules, clock, latencyMs, observers, passes } = this.#o;
    const target = this.#places.get(to);
    if (!target || !this.#connected(from, target)) return;
    const safe = neverLost.has(message.kind);
    const lost = !safe && !passes(from.name, to, message);
    let fate = safe || lost ? null : rules.judge(trafficOf(from.name, to), from.name, to, { message: message.kind });
    // A socket does not hand over what is corrupted; and a cut channel loses all.
    if (this.#cuts.has(pairOf(from.name, to))) fate = { kind: "cut", ms: 0 };
    const kind = lost ? "drop" : (fate?.kind ?? "pass");
    observers.control(from.name, to, message, kind);
    if (kind === "drop" || kind === "cut" || kind === "corrupt") return;
    const version = Math.min(from.protocol, target.protocol);
    const known = hasKind(version, message.kind);
    if (!known && isRequest(message)) return this.#refuse(from, to, message, version);
    const bytes = this.#encoded(known ? message : refusalOf(message as Answer, version), version);
    const deliver = (ms: number) => clock.after(ms, () => this.#deliver(from, target, bytes, version));
    const held = latencyMs + (fate?.ms ?? 0);
    if (kind === "pass" || kind === "duplicate") deliver(latencyMs);
    if (kind !== "pass") deliver(held);
  }

  /** What is under way when its sender dies still arrives, unless the sender has been started anew. */
  #deliver(from: Place, to: Place, bytes: Uint8Array, version: number): void {
    if (this.#places.get(from.name) !== from || this.#places.get(to.name) !== to) return;
    to.process.enter(() => to.receive(from.name, from.incarnation, this.#decoded(bytes, version)));
  }

  /** The sender's own channel knows that the other has no such message. */
  #refuse(from: Place, to: string, message: Request, version: number): void {
    const { incarnation = "" } = this.#places.get(to) ?? {};
    this.#o.clock.after(0, () => from.process.enter(() => from.receive(to, incarnation, refusalOf(message, version))));
  }

  /** What central tells all hosts at once is encoded once, and read once: with hundreds of them it would be most of the work. */
  #encoded(message: Message, version: number): Uint8Array {
    if (message.kind !== "HOSTS") return encodeMessage(message, version);
    const written = this.#broadcasts.get(message.hosts) ?? new Map<number, Uint8Array>();
    const bytes = written.get(version) ?? encodeMessage(message, version);
    this.#broadcasts.set(message.hosts, written.set(version, bytes));
    return bytes;
  }

  #decoded(bytes: Uint8Array, version: number): Message {
    const message = this.#read.get(bytes) ?? decodeMessage(bytes, version);
    if (message.kind === "HOSTS") this.#read.set(bytes, message);
    return message;
  }

  #connected(from: Place, to: Place): boolean {
    if (!to.process.alive) return false;
    if (from.name === "central" || to.name === "central") return true;
    return this.#told(from, to) && this.#told(to, from);
  }

  // --- hosts among themselves, as their processes do it: both must know the other ---

  /** Central has told a host which others there are. */
  learn(host: HostProcess, entries: Iterable<HostEntry>): void {
    const { clock, latencyMs } = this.#o;
    const known = this.#known.get(host) ?? new Map<string, string>();
    this.#known.set(host, known);
    const met: Place[] = [];
    for (const { name, lid, incarnation, lost } of entries) {
      const key = lost ? "lost" : incarnation;
      if (name === host.name || known.get(name) === key) continue;
      known.set(name, key);
      this.#byLid.set(lid, name);
      this.#part(host, name, lid);
      const other = this.#places.get(name);
      if (other && this.#haveMet(host, other)) met.push(other);
    }
    if (met.length === 0) return;
    clock.after(2 * latencyMs, () => {
      for (const other of met) this.#up(host, other);
    });
  }

  #part(host: HostProcess, other: string, lid: Lid): void {
    host.core.fabric.remove(lid);
    this.#links.get(pairOf(host.name, other))?.cut();
    this.#links.delete(pairOf(host.name, other));
  }

  /** Has this run of `b` been told of to `a`? */
  #told(a: Place, b: Place): boolean {
    return this.#known.get(a)?.get(b.name) === b.incarnation;
  }

  #haveMet(a: Place, b: Place): boolean {
    return a.process.alive && b.process.alive && this.#told(a, b) && this.#told(b, a);
  }

  /** A host has packets for a port, or for a group, that is: for all. */
  reach(host: HostProcess, dlid: Lid): void {
    const names = isMulticast(dlid) ? (this.#known.get(host)?.keys() ?? []) : [this.#byLid.get(dlid)];
    for (const name of names) {
      const other = name === undefined ? undefined : this.#places.get(name);
      if (other && this.#haveMet(host, other)) this.#connect(host, other as HostProcess);
    }
  }

  #connect(host: HostProcess, other: HostProcess): void {
    const key = pairOf(host.name, other.name);
    if (this.#links.has(key)) return;
    const { clock, latencyMs, rules, random } = this.#o;
    const pair = memoryLinkPair({
      ...{ scheduler: clock, latencyMs, bufferedBytesMax: defaults.linkBufferedBytesMax },
      up: true,
    });
    this.#links.set(key, pair);
    const common = { scheduler: clock, rules, random };
    host.plug(other.lid, new FaultyLink(pair.a, { ...common, from: other.name, to: host.name }));
    other.plug(host.lid, new FaultyLink(pair.b, { ...common, from: host.name, to: other.name }));
    if (this.#cuts.has(key)) pair.cut();
  }

  #up(a: Place, b: Place): void {
    if (this.#places.get(a.name) !== a || this.#places.get(b.name) !== b) return;
    const protocol = Math.min(a.protocol, b.protocol);
    a.process.enter(() => a.channelUp(b.name, protocol));
    b.process.enter(() => b.channelUp(a.name, protocol));
  }

  // --- faults ---

  /** Nothing passes between the two, in neither direction, until mended: neither messages nor packets. */
  cut(a: string, b: string): void {
    this.#cuts.add(pairOf(a, b));
    this.#links.get(pairOf(a, b))?.cut();
  }

  mend(a: string, b: string): void {
    if (!this.#cuts.delete(pairOf(a, b))) return;
    this.#links.get(pairOf(a, b))?.mend();
    this.reconnect(a, b);
  }

  /** The channel between the two comes up again, when both are there and nothing is cut. */
  reconnect(a: string, b: string): void {
    const [one, two] = [this.#places.get(a), this.#places.get(b)];
    if (this.#cuts.has(pairOf(a, b))) return;
    if (!one || !two || !this.#connected(one, two) || !this.#connected(two, one)) return;
    this.#o.clock.after(this.#o.latencyMs, () => this.#up(one, two));
  }

  /** A host's process has died: its cables end nowhere. */
  unplug(host: HostProcess): void {
    assert(!host.process.alive, "only a dead host's links are cut for good");
    for (const [pair, link] of this.#links) if (pair.split(" ").includes(host.name)) link.cut();
  }
}

const trafficOf = (a: string, b: string) => (a === "central" || b === "central" ? "control" : "peer");
const pairOf = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);
