import { PROGRAM_BASE } from "@nomad/abi";
import { assert, type NomadError, Random, type Timings, VirtualClock, type VLid } from "@nomad/base";
import type { AdapterEvents, Host } from "@nomad/daemon/host";
import type { Names } from "@nomad/hca";
import { type Central, type Message, protocolVersion } from "@nomad/protocol";
import type { Guest, GuestReport, MoveRecord } from "@nomad/protocol/http";
import { FaultRules } from "@nomad/wire";
import { BulkNetwork } from "./bulk.ts";
import { CentralProcess } from "./central-process.ts";
import { Disk } from "./disk.ts";
import type { Execution, Program } from "./guest.ts";
import { HostProcess, type HostSurroundings } from "./host-process.ts";
import { Network } from "./network.ts";
import { MovesUnderWay, Observers } from "./observer.ts";
import { Process } from "./process.ts";
import { timings as simTimings } from "./timings.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly hosts: number;
  readonly programs: Readonly<Record<string, Program>>;
  /** Memory of a guest from where its program's own begins. */
  readonly programBytes?: number;
  /** How adapters number queue pairs and keys; `random` when left out. */
  readonly names?: Names;
  /** One way, control and wire, ms. */
  readonly latencyMs?: number;
  /** How long queue pairs have to drain before they are cut, ms. */
  readonly drainBudgetMs?: number;
  /** The newest version of the protocol that the processes speak at first, by name; the current one by default. */
  readonly protocols?: Readonly<Record<string, number>>;
  /** Default: shorter ones than in a real lab. */
  readonly timings?: Timings;
  /** Decide what happens to a control message: false loses it. */
  readonly passes?: (from: string, to: string, message: Message) => boolean;
}

/** What a host's process is started with. */
export interface HostManner {
  /** Uses its adapter without a guest. */
  readonly program?: AdapterEvents;
  /** The newest version of the protocol that it speaks; the current one when absent. */
  readonly protocol?: number | undefined;
}

/** How a move is asked for. */
export type MoveManner = "usual" | "flip-page" | "strict" | "forced";

/**
 * A whole lab in one process, from the cores that the daemons run: central and hosts, on links in memory, under a
 * virtual clock. The same seed gives the same history.
 */
export class World {
  readonly clock = new VirtualClock();
  readonly observers = new Observers();
  readonly moves = new MovesUnderWay();
  readonly disk: Disk;
  readonly network: Network;
  readonly #seed: number;
  readonly #random: Random;
  /** Central's; its drain budget may be another one than the hosts'. */
  readonly #timings: Timings;
  readonly #surroundings: HostSurroundings;
  readonly #hosts = new Map<string, HostProcess>();
  #central: CentralProcess;
  #generation = 0;

  /** `onHit`: a rule has hit a message or a packet. */
  readonly rules: FaultRules;
  onHit: (kind: string) => void = () => {};

  constructor(options: WorldOptions) {
    const { clock, observers } = this;
    const { latencyMs = 0.05, programBytes = 128 * 1024, passes = () => true, protocols = {} } = options;
    this.#seed = options.seed;
    const { timings = simTimings } = options;
    this.#timings = { ...timings, drainBudgetMs: options.drainBudgetMs ?? timings.drainBudgetMs };
    const random = new Random(options.seed);
    this.#random = random;
    this.rules = new FaultRules(new Random(random.uint32()), ({ kind }) => this.onHit(kind));
    this.disk = new Disk(clock, new Random(random.uint32()));
    const { rules } = this;
    this.network = new Network({ clock, rules, random: new Random(random.uint32()), observers, latencyMs, passes });
    this.#surroundings = {
      network: this.network,
      bulk: new BulkNetwork(clock, rules),
      observers,
      timings,
      guestBytes: PROGRAM_BASE + programBytes,
      programs: new Map(Object.entries(options.programs)),
      executions: new Map<VLid, Execution>(),
      names: options.names ?? "random",
    };
    observers.add(this.moves);
    this.#central = this.#startCentral(protocols.central);
    for (const name of hostNames(options.hosts)) this.startHost(name, { protocol: protocols[name] });
  }

  #startCentral(protocol: number = protocolVersion.current): CentralProcess {
    const { network, disk, observers } = this;
    const process = new Process(this.clock);
    const generation = ++this.#generation;
    const timings = this.#timings;
    const central = new CentralProcess({ generation, process, protocol, network, disk, observers, timings });
    network.attach(central);
    central.turn();
    return central;
  }

  /** Central's process dies, in the middle of what its disk was writing. */
  killCentral(): void {
    this.observers.happened("central crashes");
    this.#central.process.crash();
    this.disk.crash();
  }

  /** Central again, from its journal; the hosts come back to it. `protocol`: what this one speaks. */
  restartCentral(protocol?: number): void {
    this.observers.happened("central starts");
    this.#central = this.#startCentral(protocol);
    for (const host of this.#hosts.values()) this.network.reconnect(host.name, "central");
  }

  get central(): Central {
    return this.#central.core;
  }

  get centralProcess(): Process {
    return this.#central.process;
  }

  // --- processes ---

  get hosts(): readonly HostProcess[] {
    return [...this.#hosts.values()];
  }

  /** Start a host's process; again after a crash, as another incarnation. */
  startHost(name: string, { program, protocol = protocolVersion.current }: HostManner = {}): void {
    const before = this.#hosts.get(name);
    assert(!before?.process.alive, `${name} does not run yet`);
    const run = before ? Number(before.incarnation.split("-").at(-1)) + 1 : 1;
    const host = new HostProcess({
      ...this.#surroundings,
      name,
      incarnation: `${name}-${run}`,
      process: new Process(this.clock),
      protocol,
      random: new Random(this.#random.uint32()),
      ...(program && { program }),
    });
    this.#hosts.set(name, host);
    this.network.attach(host);
    this.observers.happened(`${name} starts`);
    host.start();
  }

  hostProcess(name: string): HostProcess {
    const host = this.#hosts.get(name);
    assert(host, `there is a host ${name}`);
    return host;
  }

  host(name: string): Host {
    return this.hostProcess(name).core;
  }

  /** The host's process dies, without a word. */
  kill(name: string): void {
    this.observers.happened(`${name} crashes`);
    this.hostProcess(name).crash();
  }

  // --- time ---

  /** Let time pass until `condition` holds. Throws when it does not within `withinMs` of virtual time. */
  until(what: string, condition: () => boolean, withinMs = 60_000): void {
    const end = this.clock.now() + withinMs;
    while (!condition()) {
      const stepped = this.clock.step();
      if (!stepped || this.clock.now() > end) {
        throw new Error(`seed ${this.#seed}: within ${withinMs} ms it did not happen that ${what}`);
      }
    }
  }

  /** Let so much time pass, ms. */
  run(ms: number): void {
    const end = this.clock.now() + ms;
    while (this.clock.now() < end && this.clock.step());
  }

  // --- what an operator does ---

  boot(name: string, image: string, host: string): Guest {
    this.until(`${host} is up`, () => this.central.directory.hosts.get(host)?.state === "up");
    return this.#ask<Guest>((done) => this.central.boot({ name, image, host, arguments: {} }, this.centralNow, done));
  }

  /** By central's own clock, ms. */
  get centralNow(): number {
    return this.#central.process.now();
  }

  /** Let central carry out what it has decided. */
  turn(): void {
    this.#central.turn();
  }

  /** As central, say something to a host. */
  tell(host: string, message: Message): void {
    this.network.send(this.#central, host, message);
  }

  #ask<T>(ask: (done: (result: T | NomadError) => void) => void): T {
    const results: (T | NomadError)[] = [];
    ask((result) => results.push(result));
    this.#central.turn();
    this.until("central answers", () => results.length > 0);
    const [result] = results;
    if (result instanceof Error) throw result;
    return result as T;
  }

  /** Ask for a move, and go on. */
  startMove(guest: string, to: string, how: MoveManner = "usual"): MoveRecord {
    const token = `token-${this.#random.uint32()}`;
    const inject = how === "flip-page" ? how : null;
    const plan = { guest, to, inject, ways: { strict: how === "strict", force: how === "forced" }, token };
    const record = this.central.startMove(plan, this.centralNow);
    this.#central.turn();
    return record;
  }

  /** Move, and wait for the end of it. */
  move(guest: string, to: string, how: MoveManner = "usual"): MoveRecord {
    const record = this.startMove(guest, to, how);
    return this.ended(record.id);
  }

  /** Wait for the end of a move; what central, maybe another one by then, says of it. */
  ended(id: string): MoveRecord {
    this.until(`move ${id} ends`, () => this.central.move(id).outcome !== "");
    return this.central.move(id);
  }

  /** Ask guests to end. */
  askToEnd(...guests: readonly string[]): void {
    for (const name of guests) {
      this.central.end(name, false, this.centralNow, () => {});
      this.#central.turn();
    }
  }

  /** Ask guests to end, and wait until they have. */
  end(...guests: readonly string[]): void {
    this.askToEnd(...guests);
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
}

/** host-a to host-z, then host-27 and so on. */
export function hostNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `host-${i < 26 ? String.fromCharCode(97 + i) : i + 1}`);
}
