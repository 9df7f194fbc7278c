import { migration } from "@nomad/backend";
import type { NomadError, VLid } from "@nomad/base";
import type { RequestOf } from "../message.ts";
import type { Outstanding } from "../requests.ts";
import { type HostContext, ignore } from "./context.ts";
import type { Created } from "./effects.ts";
import type { Reply } from "./reply.ts";

/** A guest that runs here, or is on its way out. */
export interface Guest {
  readonly vlid: VLid;
  readonly name: string;
  readonly image: string;
  epoch: number;
}

/** Guests of this host: their beginning and their end. Moves are elsewhere. */
export class Guests {
  readonly #host: HostContext;
  readonly running = new Map<VLid, Guest>();
  /** A guest that was here and has moved: where to. */
  readonly tombstones = new Map<VLid, string>();
  readonly #reports = new Map<VLid, Outstanding>();
  readonly #afterReport = new Map<VLid, () => void>();

  constructor(host: HostContext) {
    this.#host = host;
  }

  boot(m: RequestOf<"BOOT">, reply: Reply): void {
    if (this.running.has(m.vlid)) return reply.refuse("E_STATE", `guest ${m.name} runs here already`);
    const guest: Guest = { vlid: m.vlid, name: m.name, image: m.image, epoch: m.epoch };
    this.running.set(m.vlid, guest);
    const fail = (error: NomadError) => {
      this.drop(m.vlid);
      reply.fail(error);
    };
    const created = ({ memory, imageHash }: Created) => {
      this.#host.backend.create(m.vlid, memory, m.epoch);
      const booted = () => reply.answer({ kind: "BOOTED", memoryBytes: memory.bytes.length, imageHash });
      this.#host.vmm(m.vlid, { do: "boot", arguments: m.arguments }, booted, fail);
    };
    this.#host.vmm<Created>(m.vlid, { do: "create", name: m.name, image: m.image, imageHash: null }, created, fail);
  }

  end(m: RequestOf<"END">, reply: Reply): void {
    if (!this.running.has(m.vlid)) return reply.refuse("E_NO_GUEST", `no guest with vLID ${m.vlid} runs here`);
    const ended = () => reply.answer({ kind: "ENDED" });
    if (!m.force) return this.#host.vmm(m.vlid, { do: "shutdown" }, ended, reply.fail);
    this.exited(m.vlid, null, null);
    ended();
  }

  /** What a program says of itself. The last report counts, so that a newer one takes the place of one under way. */
  report(vlid: VLid, json: string): void {
    this.#reports.get(vlid)?.cancel();
    const answered = () => {
      this.#reports.delete(vlid);
      this.#afterReport.get(vlid)?.();
      this.#afterReport.delete(vlid);
    };
    const o = { timeoutMs: Number.POSITIVE_INFINITY, onAnswer: answered, onFail: answered };
    this.#reports.set(vlid, this.#host.ask("central", { kind: "REPORT", vlid, json }, o));
  }

  /** The program has ended, by itself, by a trap or by force: free all, and tell central. */
  exited(vlid: VLid, exitCode: number | null, error: NomadError | null): void {
    const guest = this.running.get(vlid);
    if (!guest) return;
    this.drop(vlid);
    const cause = error && { code: error.code, message: error.message };
    const message = { kind: "GUEST_ENDED" as const, vlid, epoch: guest.epoch, exitCode, error: cause };
    const o = { timeoutMs: Number.POSITIVE_INFINITY, onAnswer: ignore, onFail: ignore };
    const tell = () => void this.#host.ask("central", message, o);
    // Who waits for the end of a guest wants its last report to be there.
    if (this.#reports.has(vlid)) this.#afterReport.set(vlid, tell);
    else tell();
  }

  /** Nothing of the guest stays on this host. */
  drop(vlid: VLid): void {
    this.running.delete(vlid);
    migration.release(this.#host.backend, vlid);
    this.#host.vmm(vlid, { do: "destroy" }, ignore, ignore);
  }
}
