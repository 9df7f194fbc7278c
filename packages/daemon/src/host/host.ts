import { PORT_INIT } from "@nomad/abi";
import {
  type Clock,
  timings as defaultTimings,
  type Lid,
  NomadError,
  type Random,
  type Timings,
  Turns,
  type VLid,
} from "@nomad/base";
import { Hca, type HcaEvents, type HcaOptions, type Names } from "@nomad/hca";
import type { PathQuery, PathRecord } from "@nomad/iba";
import {
  type BulkAction,
  Coordinator,
  type HostEffect,
  type HostEvent,
  type Message,
  type Programs,
  type VmmAction,
} from "@nomad/protocol";
import type { Refusals } from "@nomad/protocol/http";
import { Fabric } from "@nomad/wire";
import { HostCaptures } from "../capture/host-captures.ts";
import { capturedHost } from "./captured-host.ts";

const refusedPackets = ["rx_icrc_encapsulated", "rx_malformed", "rx_unknown_qp", "rx_refused"] as const;

/** Packets that one turn may send before others have their turn. */
const packetsPerTurn = 512;

/** What carries out the effects of a host's cores. */
export interface HostIo {
  readonly vmm: (vlid: VLid, action: VmmAction, done: Settle) => void;
  readonly bulk: (move: string, action: BulkAction, done: Settle) => void;
  readonly send: (to: string, message: Message) => void;
  /** `coordinator.hosts` has changed. */
  readonly learnHosts: () => void;
  /** See `FabricEvents.onUnreached`. */
  readonly reach?: (dlid: Lid) => void;
  /** Connections and control messages refused so far. */
  readonly refused: () => { readonly connections: number; readonly messages: number };
}

/** How an effect ended. Called once, never within the call that began it. */
export type Settle = (result: { readonly value: unknown } | { readonly error: NomadError }) => void;

export type AdapterEvents = Pick<HcaEvents, "completionEvent" | "asyncEvent">;

export interface HostOptions {
  readonly name: string;
  readonly lid: Lid;
  readonly icrc: boolean;
  readonly random: Random;
  /** How the adapter numbers queue pairs and keys; `random` when left out. */
  readonly names?: Names;
  readonly crc32: (bytes: Uint8Array, value?: number) => number;
  readonly clock: Clock;
  readonly io: HostIo;
  readonly timings?: Timings;
  /** Who else is told what happens at the adapter: a program that uses it without a guest. */
  readonly program?: AdapterEvents;
  /** The time since 1970 when the clock shows 0, for what is captured. */
  readonly clockOriginMs?: number;
  /** Packets whose headers are remembered for captures to begin with; none when absent. */
  readonly rememberedPackets?: number;
}

/**
 * The cores of a host joined together: whatever happens goes in, then a turn carries out what comes of it, lets the
 * adapter send, and sleeps until the next deadline. Time, wire and machines come from outside, so that a host in a
 * simulation is this one.
 */
export class Host {
  readonly coordinator: Coordinator;
  readonly fabric: Fabric;
  readonly captures: HostCaptures;
  readonly #clock: Clock;
  readonly #io: HostIo;
  readonly #turns: Turns;
  #closed = false;

  constructor(options: HostOptions) {
    const { name, lid, icrc, random, crc32, clock, names = "random" } = options;
    this.#clock = clock;
    this.#io = options.io;
    this.#turns = new Turns(clock, { turn: (now) => this.#turn(now), deadline: () => this.#deadline() });
    let cameAt = 0;
    this.fabric = new Fabric({
      onFrame: () => {
        cameAt = clock.now();
      },
      onPacket: (bytes, offset, length, slid, mlid) =>
        this.hca.receive(bytes, offset, length, slid, cameAt, mlid === 0 ? lid : mlid),
      onFrameEnd: () => this.turn(),
      onWritable: (dlid) => {
        this.hca.transmitReady(dlid);
        this.turnSoon();
      },
      ...(options.io.reach && { onUnreached: options.io.reach }),
    });
    const hca: Omit<HcaOptions, "events"> = {
      lid,
      icrc,
      crc32,
      random,
      names,
      egress: this.fabric,
      portState: PORT_INIT,
    };
    const timings = options.timings ?? defaultTimings;
    this.coordinator = new Coordinator({
      name,
      lid,
      timings,
      makeHca: (events) => new Hca({ ...hca, events: options.program ? toBoth(events, options.program) : events }),
      refused: () => this.refused(),
    });
    const { coordinator, fabric } = this;
    const send: HostIo["send"] = (to, message) => this.#io.send(to, message);
    const originMs = options.clockOriginMs ?? 0;
    this.captures = new HostCaptures(
      capturedHost({ coordinator, fabric, clock, originMs, send }),
      options.rememberedPackets,
    );
  }

  /** What this host has refused so far. */
  refused(): Refusals {
    const packets = refusedPackets.reduce((sum, name) => sum + this.hca.countOf(name), 0);
    return { ...this.#io.refused(), frames: this.fabric.framesRefused, packets };
  }

  get hca(): Hca {
    return this.coordinator.backend.hca;
  }

  handle(event: HostEvent): void {
    if (this.#closed) return;
    const ofCapture = event.kind === "message" && this.captures.handle(event.from, event.message);
    if (!ofCapture) this.coordinator.handle(event, this.#clock.now());
    this.turn();
  }

  /** A guest has rung its bell. */
  bell(vlid: VLid): void {
    if (this.#closed) return;
    this.coordinator.bell(vlid, this.#clock.now());
    this.turn();
  }

  /** Asks the lab's subnet administration. @throws NomadError E_UNREACHABLE, or E_TIMEOUT when central does not answer */
  queryPath(query: PathQuery): Promise<PathRecord> {
    return new Promise((resolve, reject) => {
      const done = (result: PathRecord | NomadError) =>
        result instanceof NomadError ? reject(result) : resolve(result);
      this.coordinator.queryPath(query, this.#clock.now(), done);
      this.turnSoon();
    });
  }

  /** What the program at this host's port wants of the lab. */
  asProgram<T>(act: (programs: Programs) => T): T {
    const result = this.coordinator.asProgram(act, this.#clock.now());
    this.turnSoon();
    return result;
  }

  turn(): void {
    this.#turns.now();
  }

  /** A turn when all is done that goes on now. */
  turnSoon(): void {
    this.#turns.soon();
  }

  #turn(now: number): boolean {
    if (this.#deadline() <= now) {
      this.hca.tick(now);
      this.coordinator.tick(now);
    }
    const more = this.hca.run(now, packetsPerTurn);
    this.fabric.flush();
    this.captures.run(now);
    for (const effect of this.coordinator.takeEffects()) this.#perform(effect);
    return more;
  }

  #deadline(): number {
    const ofHca = this.hca.deadline() ?? Number.POSITIVE_INFINITY;
    return Math.min(this.coordinator.deadline(), ofHca, this.captures.deadline());
  }

  #perform(effect: HostEffect): void {
    switch (effect.kind) {
      case "send":
        return this.#io.send(effect.to, effect.message);
      case "hosts":
        return this.#io.learnHosts();
      case "vmm":
        return this.#io.vmm(effect.vlid, effect.action, this.#settle(effect.ticket));
      case "bulk":
        return this.#io.bulk(effect.move, effect.action, this.#settle(effect.ticket));
      case "later":
        return void this.#clock.after(0, () => this.handle({ kind: "done", ticket: effect.ticket, value: undefined }));
    }
  }

  #settle(ticket: number): Settle {
    return (result) => {
      if ("error" in result) this.handle({ kind: "failed", ticket, error: result.error });
      else this.handle({ kind: "done", ticket, value: result.value });
    };
  }

  close(): void {
    this.#closed = true;
    this.#turns.close();
    this.fabric.close();
  }
}

/** A program's objects are no guest's: each of the two knows which events are about its own. */
function toBoth(backend: HcaEvents, program: AdapterEvents): HcaEvents {
  return {
    translate: (...request) => backend.translate(...request),
    drained: (holder) => backend.drained(holder),
    completionEvent: (cqn) => {
      backend.completionEvent(cqn);
      program.completionEvent(cqn);
    },
    asyncEvent: (event) => {
      backend.asyncEvent(event);
      program.asyncEvent(event);
    },
  };
}
