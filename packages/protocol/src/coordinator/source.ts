import { migration } from "@nomad/backend";
import { limits, NomadError } from "@nomad/base";
import type { RequestOf } from "../message.ts";
import type { VmState } from "../schema.ts";
import { type HostContext, ignore } from "./context.ts";
import type { Copied, Round } from "./effects.ts";
import type { Guest, Guests } from "./guests.ts";
import type { Names } from "./names.ts";
import { resumePeersAt } from "./peers.ts";
import { Precopy } from "./precopy.ts";
import { Presetup } from "./presetup.ts";
import type { Reply } from "./reply.ts";
import { type Part, together } from "./together.ts";

/** What holds the moving guest's own queue pairs, at its source and, once bound, at its destination. */
export const guestHolder = (move: string): string => `guest:${move}`;

/**
 * A move, seen from where the guest is: copies its pages while it runs, drains what it sends, stops it, hands over its
 * state; then lets go, or lets it go on.
 */
export class SourceMove {
  readonly guest: Guest;
  readonly #host: HostContext;
  readonly #guests: Guests;
  readonly #names: Names;
  readonly #precopy: Precopy;
  readonly #presetup: Presetup;
  #vm: "running" | "stopping" | "stopped" = "running";
  #drained: (() => void) | null = null;
  #aborted = false;

  constructor(host: HostContext, guests: Guests, names: Names, m: RequestOf<"PRECOPY">) {
    const guest = guests.running.get(m.vlid);
    if (!guest) throw new NomadError("E_NO_GUEST", `no guest with vLID ${m.vlid} runs at ${host.name}`);
    this.guest = guest;
    this.#host = host;
    this.#guests = guests;
    this.#names = names;
    this.#precopy = new Precopy(host, m);
    this.#presetup = new Presetup(host, m);
  }

  precopy(reply: Reply): void {
    let converged = false;
    const all = () => reply.answer({ kind: "CONVERGED", converged, peers: this.#peers() });
    const part = together(2, { done: all, fail: reply.fail });
    this.#presetup.run(part.done);
    const copied = (isLittle: boolean) => {
      converged = isLittle;
      part.done();
    };
    this.#precopy.run(copied, part.fail);
  }

  copying(copied: Copied): void {
    this.#precopy.copying(copied);
  }

  #peers(): Guest["vlid"][] {
    const device = this.#host.backend.devices.get(this.guest.vlid);
    return device ? migration.peersOf(device) : [];
  }

  suspend(m: RequestOf<"SUSPEND">, reply: Reply): void {
    const { backend, timers, now } = this.#host;
    const holder = guestHolder(m.move);
    migration.suspend(backend, m.vlid, holder, now);
    const end = now + m.budgetMs;
    const late = timers.at(end, () => {
      if (!m.strict) return this.#drained?.();
      this.#drained = null;
      reply.refuse("E_DRAIN", `what ${this.guest.name} has sent was not acknowledged in ${m.budgetMs} ms`);
    });
    this.#drained = () => {
      late();
      this.#drained = null;
      const leftMs = Math.max(0, Math.floor(end - this.#host.now));
      const active = migration.activeOf(backend, m.vlid, holder);
      reply.answer({ kind: "SUSPENDED", peers: this.#peers(), leftMs, active });
    };
    if (backend.hca.drained(holder)) this.#drained();
  }

  drained(): void {
    this.#drained?.();
  }

  stop(m: RequestOf<"STOP">, reply: Reply): void {
    this.#vm = "stopping";
    const stopped = (vm: VmState) => {
      this.#vm = "stopped";
      if (!this.#guests.running.has(m.vlid)) return reply.refuse("E_STATE", `guest ${this.guest.name} has ended`);
      if (this.#aborted) return this.#resumeVm();
      this.#handOver(m, vm, reply);
    };
    const failed = (error: NomadError) => {
      this.#vm = "running";
      reply.fail(error);
    };
    this.#host.vmm<VmState>(m.vlid, { do: "stop", budgetMs: m.budgetMs }, stopped, failed);
  }

  /** The last pages and what is not in memory, each by its own way. */
  #handOver(m: RequestOf<"STOP">, vm: VmState, reply: Reply): void {
    const { changes, held, cut } = migration.detach(this.#host.backend, m.vlid, this.#presetup.told);
    if (changes.device.qps.length > limits.qpsPerGuestMax)
      return reply.refuse("E_TOO_LARGE", "too many queue pairs to move");
    let digest = "";
    const all = () => reply.answer({ kind: "STOPPED", digest, held, cut });
    const part = together(2, { done: all, fail: reply.fail });
    const copied = (round: Round) => {
      digest = round.digest ?? "";
      part.done();
    };
    this.#precopy.last(copied, part.fail);
    this.#tellState(m, changes, vm, part);
  }

  #tellState(m: RequestOf<"STOP">, { device, gone }: migration.DeviceChanges, vm: VmState, { done, fail }: Part): void {
    const { move, vlid, generation } = m;
    const message = {
      kind: "STATE" as const,
      move,
      vlid,
      generation,
      device: device as RequestOf<"STATE">["device"],
      gone: gone && [...gone],
      vm,
    };
    this.#host.ask(m.to, message, { timeoutMs: m.budgetMs, onAnswer: done, onFail: fail });
  }

  /** The guest goes on here, under a new epoch, as if the move had never begun. */
  abort(m: RequestOf<"ABORT">, token: string, reply: Reply): void {
    this.#aborted = true;
    this.#drained = null;
    const { backend } = this.#host;
    this.#precopy.abandon();
    if (!this.#guests.running.has(m.vlid)) return reply.answer({ kind: "ABORTED" });
    this.guest.epoch = m.epoch;
    migration.reopen(backend, m.vlid, m.epoch);
    if (this.#vm === "stopped") this.#resumeVm();
    const opened = (peers: readonly Guest["vlid"][]) =>
      migration.openTowards(backend, m.vlid, guestHolder(m.move), peers, this.#host.now);
    const done = () => {
      migration.openTowards(backend, m.vlid, guestHolder(m.move), "all", this.#host.now);
      this.#names.settled(m.vlid);
      reply.answer({ kind: "ABORTED" });
    };
    const { move, vlid, generation, epoch } = m;
    resumePeersAt(this.#host, m.peerHosts, { move, vlid, generation, token, epoch, names: [] }, { opened, done });
  }

  #resumeVm(): void {
    this.#vm = "running";
    this.#host.vmm(this.guest.vlid, { do: "resume" }, ignore, ignore);
  }

  /** The guest runs elsewhere: nothing of it stays but the way to it. */
  release(m: RequestOf<"RELEASE">, reply: Reply): void {
    this.#host.bulk(m.move, { do: "forget" }, ignore, ignore);
    this.#guests.tombstones.set(m.vlid, m.to);
    this.#names.located(m.vlid, m.to);
    this.#guests.drop(m.vlid);
    this.#names.settled(m.vlid);
    reply.answer({ kind: "RELEASED" });
  }
}
