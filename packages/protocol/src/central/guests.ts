import { assert, NomadError, type VLid } from "@nomad/base";
import { type Guest, guestReport } from "../http/index.ts";
import type { Answer, RequestOf } from "../message.ts";
import { type CentralContext, guestView } from "./context.ts";
import { appendLog, type GuestRecord, type HostRecord, isAlive } from "./directory.ts";

export interface GuestSpec {
  readonly name: string;
  readonly image: string;
  /** Null: central chooses. */
  readonly host: string | null;
  readonly arguments: Record<string, string>;
}

/** The guests of the lab: their beginning, what they say, and their end. Moves are elsewhere. */
export class LabGuests {
  readonly #central: CentralContext;
  readonly #onEnd: (guest: GuestRecord, error: NomadError) => void;

  /** `onEnd`: a guest has ended by itself. */
  constructor(central: CentralContext, onEnd: (guest: GuestRecord, error: NomadError) => void) {
    this.#central = central;
    this.#onEnd = onEnd;
  }

  boot(spec: GuestSpec, done: (result: Guest | NomadError) => void): void {
    const { directory, timings } = this.#central;
    const before = directory.guests.get(spec.name);
    if (before && isAlive(before)) throw new NomadError("E_STATE", `guest ${spec.name} is ${before.state}`);
    const host = spec.host ? directory.host(spec.host) : directory.leastLoaded();
    if (host.state !== "up") throw new NomadError("E_STATE", `host ${host.name} is ${host.state}`);
    const guest = this.#add(spec, host);
    const onAnswer = (answer: Answer) => {
      assert(answer.kind === "BOOTED", "BOOT is answered by BOOTED");
      guest.memoryBytes = answer.memoryBytes;
      guest.imageHash = answer.imageHash;
      if (guest.state === "starting") guest.state = "running";
      this.#central.guestChanged(guest);
      done(guestView(guest));
    };
    const onFail = (error: NomadError) => {
      this.#ends(guest, "failed", null, { code: error.code, message: error.message });
      done(error);
    };
    const { vlid, epoch, name, image } = guest;
    const message = { kind: "BOOT" as const, vlid, epoch, name, image, arguments: { ...spec.arguments } };
    this.#central.ask(host.name, message, { timeoutMs: 2 * timings.controlRequestMs, onAnswer, onFail });
  }

  #add({ name, image, arguments: args }: GuestSpec, host: HostRecord): GuestRecord {
    const guest: GuestRecord = {
      name,
      image,
      vlid: this.#central.directory.nextVlid(),
      arguments: args,
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
    this.#central.directory.add(guest);
    this.#central.guestChanged(guest);
    return guest;
  }

  /** Central was started again while it started, and nobody knows whether it began: make sure that it does not. */
  abandon(guest: GuestRecord): void {
    const why = { code: "E_STATE", message: "central was started again while the guest started" };
    this.#ends(guest, "failed", null, why);
    const o = { timeoutMs: this.#central.timings.hostDeadMs, onAnswer: () => {}, onFail: () => {} };
    this.#central.ask(guest.host, { kind: "END", vlid: guest.vlid, force: true }, o);
  }

  end(name: string, force: boolean, done: (result: Guest | NomadError) => void): void {
    const guest = this.#central.directory.guest(name);
    if (!isAlive(guest)) throw new NomadError("E_STATE", `guest ${name} is ${guest.state}`);
    const onAnswer = () => done(guestView(guest));
    const o = { timeoutMs: this.#central.timings.controlRequestMs, onAnswer, onFail: done };
    this.#central.ask(guest.host, { kind: "END", vlid: guest.vlid, force }, o);
  }

  log(vlid: VLid, host: string, text: string): void {
    const guest = this.#central.directory.byVlid(vlid);
    if (!guest) return;
    const line = { time: this.#central.now, guest: guest.name, host, line: text };
    appendLog(guest, line);
    this.#central.tell({ type: "log", ...line });
  }

  report({ vlid, json }: RequestOf<"REPORT">): void {
    const guest = this.#central.directory.byVlid(vlid);
    if (!guest) return;
    try {
      guest.report = guestReport.parse(JSON.parse(json));
      this.#central.tell({ type: "report", guest: guest.name, report: guest.report });
    } catch {
      this.log(vlid, guest.host, "(a report that is not of the form a report has was ignored)");
    }
  }

  /** The host where a guest runs, or a program, for those who look for it. */
  locate(vlid: VLid): string | null {
    const { directory } = this.#central;
    const guest = directory.byVlid(vlid);
    if (guest && !isAlive(guest)) return null;
    const host = directory.hostOf(vlid);
    return host === undefined || directory.isLost(host) ? null : host;
  }

  ended({ vlid, exitCode, error }: RequestOf<"GUEST_ENDED">): void {
    const guest = this.#central.directory.byVlid(vlid);
    if (!guest || !isAlive(guest)) return;
    this.#ends(guest, error || exitCode !== 0 ? "failed" : "exited", exitCode, error);
    this.#onEnd(guest, new NomadError("E_STATE", `guest ${guest.name} has ended`));
  }

  lost(guest: GuestRecord): void {
    this.#ends(guest, "lost", null, { code: "E_HOST_LOST", message: `host ${guest.host} is lost` });
  }

  #ends(guest: GuestRecord, state: "exited" | "failed" | "lost", exitCode: number | null, error: Guest["error"]): void {
    Object.assign(guest, { state, exitCode, error });
    this.#central.guestChanged(guest);
  }
}
