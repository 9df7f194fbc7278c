import { crc32 } from "node:zlib";
import { assert, defaults, type Lid, type Random, type Timings, type VLid } from "@nomad/base";
import { type AdapterEvents, Host } from "@nomad/daemon/host";
import type { Names } from "@nomad/hca";
import type { Message } from "@nomad/protocol";
import { type Link, memoryLinkPair } from "@nomad/wire";
import { Bulk, type BulkNetwork } from "./bulk.ts";
import type { Execution, Program } from "./guest.ts";
import { Machines } from "./machines.ts";
import type { Network, Place } from "./network.ts";
import type { Observers } from "./observer.ts";
import type { Process } from "./process.ts";

/** What all hosts of a world share. */
export interface HostSurroundings {
  readonly network: Network;
  readonly bulk: BulkNetwork;
  readonly observers: Observers;
  readonly timings: Timings;
  readonly guestBytes: number;
  readonly programs: ReadonlyMap<string, Program>;
  readonly executions: Map<VLid, Execution>;
  readonly names: Names;
}

/** One run of a host's process: the cores that the daemon runs, on a simulated machine. */
export class HostProcess implements Place {
  readonly name: string;
  readonly incarnation: string;
  readonly process: Process;
  readonly protocol: number;
  readonly machines: Machines;
  readonly #o: HostSurroundings;
  readonly #random: Random;
  readonly #bulk: Bulk;
  /** Uses the adapter without a guest. */
  readonly #program: AdapterEvents | undefined;
  #host: Host | null = null;
  #lid = 0 as Lid;

  constructor(
    o: HostSurroundings & {
      readonly name: string;
      readonly incarnation: string;
      readonly process: Process;
      readonly protocol: number;
      readonly random: Random;
      readonly program?: AdapterEvents;
    },
  ) {
    const { name, incarnation, process, random } = o;
    [this.name, this.incarnation, this.process] = [name, incarnation, process];
    this.protocol = o.protocol;
    this.#o = o;
    this.#random = random;
    this.#program = o.program;
    this.machines = new Machines({
      clock: process,
      memoryBytes: o.guestBytes,
      programs: o.programs,
      executions: o.executions,
      onStep: (vlid) => o.observers.step(this, vlid),
      onBell: (vlid) => this.core.bell(vlid),
      onExit: (vlid, exitCode) => this.core.handle({ kind: "guest-exit", vlid, exitCode, error: null }),
    });
    const memory = (vlid: VLid) => this.machines.guest(vlid).memory.bytes;
    this.#bulk = new Bulk({ clock: process, url: `sim://${name}/${incarnation}`, network: o.bulk, memory });
  }

  get core(): Host {
    assert(this.#host, `${this.name} has joined`);
    return this.#host;
  }

  get joined(): boolean {
    return this.#host !== null;
  }

  get lid(): Lid {
    return this.#lid;
  }

  /** Introduce itself to central. */
  start(): void {
    const { name, incarnation } = this;
    const held = this.joined && { lid: this.#lid };
    this.#o.network.send(this, "central", {
      kind: "HELLO",
      id: 0,
      name,
      incarnation,
      url: `sim://${name}`,
      pid: 1,
      ...held,
    });
  }

  receive(from: string, incarnation: string, message: Message): void {
    if (message.kind === "WELCOME") return this.#welcome(incarnation, message);
    if (!this.#host || (message.kind === "FAILED" && message.re === 0)) return;
    this.#o.observers.receives(this, message);
    this.#host.handle({ kind: "message", from, incarnation, message });
  }

  /** A channel to central begins with an introduction. */
  channelUp(to: string): void {
    if (to === "central") this.start();
    else this.#host?.handle({ kind: "channel-up", to });
  }

  #welcome(incarnation: string, { lid, port, generation, hosts }: Extract<Message, { kind: "WELCOME" }>): void {
    this.#host ??= this.#makeHost(lid);
    this.#host.handle({ kind: "channel-up", to: "central" });
    this.#host.handle({ kind: "port-set", settings: port, generation });
    this.#host.handle({ kind: "message", from: "central", incarnation, message: { kind: "HOSTS", hosts } });
  }

  #makeHost(lid: Lid): Host {
    const { name, process } = this;
    const { network, observers, timings } = this.#o;
    this.#lid = lid;
    const host: Host = new Host({
      name,
      lid,
      icrc: true,
      random: this.#random,
      names: this.#o.names,
      crc32,
      clock: process,
      timings,
      ...(this.#program && { program: this.#program }),
      io: {
        vmm: (vlid, action, done) => {
          observers.vmm(this, vlid, action);
          this.machines.perform(vlid, action, done);
        },
        bulk: (move, action, done) => {
          observers.bulk(this, move, action);
          this.#bulk.perform(move, action, done);
        },
        send: (to, message) => network.send(this, to, message),
        learnHosts: () => network.learn(this, host.coordinator.hosts.values()),
        reach: (dlid) => network.reach(this, dlid),
        refused: () => ({ connections: 0, messages: 0 }),
      },
    });
    const own = memoryLinkPair({ scheduler: process, bufferedBytesMax: defaults.linkBufferedBytesMax });
    host.fabric.join(lid, own.a, own.b);
    return host;
  }

  /** A cable to another host's port. What it brings while the process is paused waits. */
  plug(lid: Lid, link: Link): void {
    this.core.fabric.join(lid, link);
    const handle = link.onFrame;
    link.onFrame = (frame) => {
      if (!this.process.paused) return handle(frame);
      const copy = frame.slice();
      this.process.enter(() => handle(copy));
    };
  }

  /** The process dies, without a word. */
  crash(): void {
    this.process.crash();
    this.machines.crash();
    this.#host?.close();
    this.#o.network.unplug(this);
  }
}
