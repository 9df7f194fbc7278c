import { type Device, migration, type PeerName } from "@nomad/backend";
import { NomadError, planted, type VLid, type VQpn } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";
import type { RequestOf } from "../message.ts";
import { type HostContext, ignore } from "./context.ts";
import type { Created } from "./effects.ts";
import { Foretelling, type ToTell } from "./foretelling.ts";
import type { Guests } from "./guests.ts";
import type { Names } from "./names.ts";
import { resumePeersAt } from "./peers.ts";
import type { Reply } from "./reply.ts";
import { guestHolder } from "./source.ts";

/** A move, seen from where the guest goes: all that can fail is done inert, before RUN opens the gate. */
export class DestinationMove {
  readonly #host: HostContext;
  readonly #guests: Guests;
  readonly #names: Names;
  readonly #m: RequestOf<"PREPARE">;
  #memory: DeviceMemory | null = null;
  #preset: Device | null = null;
  readonly #foretelling: Foretelling;
  #changes: migration.DeviceChanges | null = null;
  #bound: ReadonlyMap<VQpn, migration.Resume> | null = null;
  #running = false;
  /** What runs here, once its queue pairs are open. */
  #open: Device | null = null;
  /** All peers know where the guest is, and central knows that. */
  readonly #done: () => void;

  constructor(host: HostContext, guests: Guests, names: Names, m: RequestOf<"PREPARE">, done: () => void) {
    this.#done = done;
    this.#foretelling = new Foretelling(host, m);
    this.#host = host;
    this.#guests = guests;
    this.#names = names;
    this.#m = m;
  }

  /** What peers are told of the guest once packets reach it here; null until then. */
  get names(): readonly PeerName[] | null {
    return this.#open && this.#bound && migration.namesOf(this.#open, this.#bound);
  }

  prepare(reply: Reply): void {
    const { vlid, name, image, imageHash, move } = this.#m;
    if (this.#guests.running.has(vlid))
      return reply.refuse("E_STATE", `guest ${name} runs at ${this.#host.name} already`);
    const created = ({ memory }: Created) => {
      this.#memory = memory;
      const ready = (bulkUrl: string) => reply.answer({ kind: "PREPARED", bulkUrl, memoryBytes: memory.bytes.length });
      this.#host.bulk<string>(move, { do: "expect", vlid }, ready, reply.fail);
    };
    this.#host.vmm<Created>(vlid, { do: "create", name, image, imageHash }, created, reply.fail);
  }

  /** What the guest has while it runs, from the source itself: made here, as far as it can be. */
  presetup(m: RequestOf<"PRESETUP">, reply: Reply): void {
    if (reply.from !== this.#m.from)
      return reply.refuse("E_AUTH", `the device of guest ${m.vlid} is ${this.#m.from}'s to tell`);
    if (!this.#memory || this.#preset)
      return reply.refuse("E_STATE", `${this.#host.name} does not expect a device of guest ${m.vlid} now`);
    const at = { memory: this.#memory, move: guestHolder(m.move) };
    this.#preset = migration.presetup(this.#host.backend, m.device, at, this.#host.now);
    this.#foretelling.tell(this.#preset, m.device.qps);
    reply.answer({ kind: "PRESET" });
  }

  /** More of it. */
  presetupQps(m: RequestOf<"PRESETUP_QPS">, reply: Reply): void {
    if (reply.from !== this.#m.from)
      return reply.refuse("E_AUTH", `the device of guest ${m.vlid} is ${this.#m.from}'s to tell`);
    if (!this.#preset) return reply.refuse("E_STATE", `${this.#host.name} has no device of guest ${m.vlid}`);
    migration.presetupQps(this.#host.backend, this.#preset, m.qps, guestHolder(m.move), this.#host.now);
    this.#foretelling.tell(this.#preset, m.qps);
    reply.answer({ kind: "PRESET" });
  }

  /** What of the guest is not in its memory, from the source itself. */
  state(m: RequestOf<"STATE">, reply: Reply): void {
    const { from } = this.#m;
    if (reply.from !== from) return reply.refuse("E_AUTH", `the state of guest ${m.vlid} is ${from}'s to give`);
    if (m.gone && !this.#preset) return reply.refuse("E_STATE", `${this.#host.name} was not told what has changed`);
    if (!m.gone) this.#discardPreset();
    const restored = () => {
      this.#changes = { device: m.device, gone: m.gone };
      reply.answer({ kind: "STATE_TAKEN" });
    };
    this.#host.vmm(m.vlid, { do: "restore", state: m.vm }, restored, reply.fail);
  }

  #discardPreset(): void {
    if (this.#preset) migration.free(this.#host.backend, this.#preset);
    this.#preset = null;
  }

  bind(m: RequestOf<"BIND">, reply: Reply): void {
    const [memory, changes] = [this.#memory, this.#changes];
    if (!memory || !changes)
      return reply.refuse("E_STATE", `the state of guest ${m.vlid} has not arrived at ${this.#host.name}`);
    const hashed = (digest: string) => {
      try {
        const prepared = this.#preset;
        this.#preset = null;
        const at = { memory, epoch: m.epoch, move: guestHolder(m.move), cuts: m.cuts, prepared };
        this.#bound = migration.bind(this.#host.backend, changes, at, this.#host.now);
        if (planted("run-at-bind")) this.#host.vmm(m.vlid, { do: "run" }, ignore, ignore);
        reply.answer({ kind: "BOUND", digest });
      } catch (error) {
        if (!(error instanceof NomadError)) throw error;
        reply.fail(error);
      }
    };
    this.#host.bulk<string>(m.move, { do: "digest" }, hashed, reply.fail);
  }

  /** The guest runs first, and central hears of it: what there is to do for each queue pair is no part of the pause. */
  run(m: RequestOf<"RUN">, reply: Reply): void {
    if (this.#running) return reply.answer({ kind: "RUNNING" });
    if (!this.#bound) return reply.refuse("E_STATE", `guest ${m.vlid} is not bound at ${this.#host.name}`);
    const { name, image, vlid, move } = this.#m;
    this.#running = true;
    this.#guests.tombstones.delete(vlid);
    this.#guests.running.set(vlid, { vlid, name, image, epoch: m.epoch });
    this.#names.located(vlid, this.#host.name);
    const device = migration.admit(this.#host.backend, vlid);
    const open = () => this.#host.later(() => this.#openQueuePairs(m, device));
    const running = () => {
      reply.answer({ kind: "RUNNING" });
      this.#host.bulk(move, { do: "forget" }, ignore, ignore);
      open();
    };
    const failed = (error: NomadError) => {
      reply.fail(error);
      open();
    };
    this.#host.vmm(vlid, { do: "run" }, running, failed);
  }

  #openQueuePairs(m: RequestOf<"RUN">, device: Device): void {
    const { backend } = this.#host;
    // A guest may have ended as soon as it ran: peers still hear where it was.
    const isHere = backend.devices.get(m.vlid) === device;
    if (isHere) migration.open(backend, device);
    this.#open = device;
    const names = this.names ?? [];
    this.#resumePeers(m, names, (to) => (isHere ? this.#foretelling.left(to, device, names) : { names }));
  }

  #resumePeers(m: RequestOf<"RUN">, names: readonly PeerName[], toTell: (to: string) => ToTell): void {
    const { move, vlid, generation, epoch, token } = m;
    const open = (peers: readonly VLid[] | "all") => {
      if (this.#host.backend.devices.has(vlid))
        migration.openTowards(this.#host.backend, vlid, guestHolder(move), peers, this.#host.now);
    };
    // Where they are, the guest will want to know for its keys: central need not be there.
    const opened = (peers: readonly VLid[], at: string) => {
      for (const peer of peers) this.#names.located(peer, at);
      open(peers);
    };
    const done = () => {
      open("all");
      this.#names.settled(vlid);
      const o = { timeoutMs: Number.POSITIVE_INFINITY, onAnswer: this.#done, onFail: this.#done };
      this.#host.ask("central", { kind: "PEERS_RESUMED", move, vlid, generation }, o);
    };
    resumePeersAt(this.#host, m.peerHosts, { move, vlid, generation, token, epoch, names }, { opened, done }, toTell);
  }

  abort(m: RequestOf<"ABORT">, reply: Reply): void {
    if (this.#running)
      return reply.refuse("E_STATE", `guest ${m.vlid} runs at ${this.#host.name}: its move is decided`);
    this.#host.bulk(m.move, { do: "forget" }, ignore, ignore);
    this.#discardPreset();
    this.#foretelling.withdraw();
    this.#guests.drop(m.vlid);
    reply.answer({ kind: "ABORTED" });
  }
}
