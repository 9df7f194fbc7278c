import { EAGAIN, EHOSTUNREACH, ETIMEDOUT } from "@nomad/abi";
import type { BackendEvents, RemoteName } from "@nomad/backend";
import { NomadError, type RKey, type VLid } from "@nomad/base";
import type { Answer, AnswerOf, Request, RequestOf, Unnumbered } from "../message.ts";
import { type HostContext, ignore } from "./context.ts";
import type { Guests } from "./guests.ts";
import type { Reply } from "./reply.ts";

type Question = Unnumbered<RequestOf<"CONNECT"> | RequestOf<"RESOLVE">>;
type ConnectCall = Parameters<BackendEvents["connect"]>[0];
type AddressCall = Parameters<BackendEvents["address"]>[0];
type ResolveCall = Parameters<BackendEvents["resolve"]>[0];

/**
 * Names of other hosts' guests for ours, and of ours for other hosts. A guest is looked for where it was last seen;
 * its former host says MOVED, central says LOCATION. A look-up of a guest that is suspended waits until it is not.
 */
export class Names {
  readonly #host: HostContext;
  readonly #guests: Guests;
  readonly #locations = new Map<VLid, string>();
  /** Look-ups and connections that wait for a suspended guest here. */
  readonly #waiting = new Map<VLid, (() => void)[]>();

  constructor(host: HostContext, guests: Guests) {
    this.#host = host;
    this.#guests = guests;
  }

  /** How many look-ups and connections wait for a guest that is suspended. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, waiting) => sum + waiting.length, 0);
  }

  /** Where the guest was last seen, if anybody here has asked. */
  whereIs(vlid: VLid): string | undefined {
    return this.#locations.get(vlid);
  }

  located(vlid: VLid, host: string): void {
    this.#locations.set(vlid, host);
  }

  // --- for our guests ---

  connect(call: ConnectCall): void {
    const device = this.#host.backend.devices.get(call.vlid);
    if (!device) return;
    const later = () => this.#defer(call.vlid, () => this.connect(call));
    if (device.suspended) return later();
    const done = (address: AnswerOf<"CONNECTED"> | NomadError) => {
      // Nobody connects unseen once the peers of a move have been listed.
      if (device.suspended) return later();
      const found = address instanceof NomadError ? errnoOf(address) : address;
      this.#host.backend.connected(
        call.vlid,
        call.sequence,
        typeof found === "number" ? found : addressOf(found),
        this.#host.now,
      );
    };
    const { vlid, vqpn }: RemoteName = call.remote;
    this.askAddress({ vlid, vqpn, from: call.vlid }, this.#host.timings.controlRequestMs, done);
  }

  resolve(call: ResolveCall): void {
    const { vlid, owner, vkey, wanted } = call;
    this.#askOwner<AnswerOf<"NAME">>(
      { kind: "RESOLVE", vlid: owner, vkey },
      this.#host.timings.nameLookupMs,
      (name) => {
        if (this.#waitsOn(call, name)) return this.resolve(call);
        const key = name instanceof NomadError ? null : { rkey: name.rkey as RKey, epoch: name.epoch };
        this.#host.backend.resolved(vlid, owner, vkey, wanted, key);
      },
    );
  }

  /**
   * Work that is posted needs its key, and nobody has said that there is none: the owner is suspended, or central is away.
   * It waits as long as it takes, for to go on without the key would end the connection.
   */
  #waitsOn({ vlid, wanted }: ResolveCall, name: AnswerOf<"NAME"> | NomadError): boolean {
    if (wanted.kind !== "work" || !(name instanceof NomadError) || name.code !== "E_TIMEOUT") return false;
    return this.#host.backend.devices.get(vlid)?.qps.has(wanted.vqpn) === true;
  }

  /** Where another guest's queue pair is, for one here that connects to it. */
  askAddress(
    wanted: RemoteName & { readonly from: VLid },
    timeoutMs: number,
    done: (found: AnswerOf<"CONNECTED"> | NomadError) => void,
  ): void {
    this.#askOwner({ kind: "CONNECT", ...wanted }, timeoutMs, done);
  }

  /** Where datagrams go. They are not worth waiting for long: what finds no target in time is lost. */
  address({ vlid, remote, work }: AddressCall): void {
    this.askAddress({ ...remote, from: vlid }, this.#host.timings.nameLookupMs, (found) => {
      const address = found instanceof NomadError ? null : addressOf(found);
      this.#host.backend.addressed(vlid, remote, work, address);
    });
  }

  /** Ask the host where the owner was last seen; follow MOVED; ask central when nobody knows. */
  #askOwner<A extends Answer>(question: Question, timeoutMs: number, done: (answer: A | NomadError) => void): void {
    const giveUpAt = this.#host.now + timeoutMs;
    const ask = (to: string) => {
      const onFail = (error: NomadError) => {
        this.#locations.delete(question.vlid);
        if (error.code === "E_NO_GUEST") locate();
        else done(error);
      };
      const onAnswer = (answer: A | AnswerOf<"MOVED">) => {
        if (answer.kind !== "MOVED") return done(answer as A);
        this.located(question.vlid, answer.host);
        again(answer.host);
      };
      this.#host.ask<A | AnswerOf<"MOVED">>(to, question as Unnumbered<Request>, {
        timeoutMs: giveUpAt - this.#host.now,
        onAnswer,
        onFail,
      });
    };
    const again = (to: string) => {
      if (this.#host.now >= giveUpAt) done(new NomadError("E_TIMEOUT", `guest ${question.vlid} was not found in time`));
      else ask(to);
    };
    const locate = () =>
      this.#locate(question.vlid, giveUpAt, (found) => (typeof found === "string" ? again(found) : done(found)));
    const known = this.#locations.get(question.vlid);
    if (known) ask(known);
    else locate();
  }

  #locate(vlid: VLid, giveUpAt: number, done: (found: string | NomadError) => void): void {
    this.#host.ask<AnswerOf<"LOCATION">>(
      "central",
      { kind: "LOCATE", vlid },
      {
        timeoutMs: giveUpAt - this.#host.now,
        onAnswer: ({ host }) => {
          if (!host) return done(new NomadError("E_UNREACHABLE", `no guest has vLID ${vlid}`));
          this.located(vlid, host);
          done(host);
        },
        onFail: done,
      },
    );
  }

  publish({ vlid, sequence, key, value }: Parameters<BackendEvents["publish"]>[0]): void {
    this.#host.ask(
      "central",
      { kind: "PUBLISH", key, value },
      {
        timeoutMs: Number.POSITIVE_INFINITY,
        onAnswer: () => this.#host.backend.answer(vlid, sequence, { status: 0 }),
        onFail: ignore,
      },
    );
  }

  lookup({ vlid, sequence, key }: Parameters<BackendEvents["lookup"]>[0]): void {
    const { backend } = this.#host;
    this.#host.ask<AnswerOf<"FOUND">>(
      "central",
      { kind: "LOOKUP", key },
      {
        timeoutMs: this.#host.timings.controlRequestMs,
        onAnswer: ({ value }) => {
          if (value === null) backend.answer(vlid, sequence, { status: -EAGAIN });
          else backend.answer(vlid, sequence, { status: 0, data: new TextEncoder().encode(value) });
        },
        onFail: () => backend.answer(vlid, sequence, { status: -EAGAIN }),
      },
    );
  }

  // --- for other hosts ---

  onConnect(m: RequestOf<"CONNECT">, reply: Reply): void {
    this.#whenHere(m.vlid, reply, () => {
      const address = this.#host.backend.addressOf(m.vlid, m.vqpn, m.from);
      if (!address) return reply.refuse("E_STATE", `guest ${m.vlid} has no queue pair ${m.vqpn}`);
      reply.answer({ kind: "CONNECTED", dlid: address.dlid, qpn: address.qpn, epoch: address.epoch });
    });
  }

  onResolve(m: RequestOf<"RESOLVE">, reply: Reply): void {
    this.#whenHere(m.vlid, reply, () => {
      const key = this.#host.backend.keyOf(m.vlid, m.vkey);
      if (!key) return reply.refuse("E_STATE", `guest ${m.vlid} has no memory region of this key`);
      reply.answer({ kind: "NAME", rkey: key.rkey, epoch: key.epoch });
    });
  }

  #whenHere(vlid: VLid, reply: Reply, then: () => void): void {
    const device = this.#host.backend.devices.get(vlid);
    if (device && (device.suspended || device.detached))
      return this.#defer(vlid, () => this.#whenHere(vlid, reply, then));
    if (device && (device.kind !== "guest" || this.#guests.running.has(vlid))) return then();
    const movedTo = this.#guests.tombstones.get(vlid);
    if (movedTo) reply.answer({ kind: "MOVED", host: movedTo });
    else if ((vlid as number) === this.#host.lid)
      reply.refuse("E_STATE", `${this.#host.name} runs no program of its own`);
    else reply.refuse("E_NO_GUEST", `no guest with vLID ${vlid} runs here`);
  }

  #defer(vlid: VLid, retry: () => void): void {
    const waiting = this.#waiting.get(vlid);
    if (waiting) waiting.push(retry);
    else this.#waiting.set(vlid, [retry]);
  }

  /** The guest is no longer suspended here: it runs again, or has left. */
  settled(vlid: VLid): void {
    const waiting = this.#waiting.get(vlid) ?? [];
    this.#waiting.delete(vlid);
    for (const retry of waiting) retry();
  }
}

function addressOf({ dlid, qpn, epoch }: AnswerOf<"CONNECTED">) {
  return { dlid, qpn, epoch };
}

function errnoOf(error: NomadError): number {
  return error.code === "E_TIMEOUT" ? -ETIMEDOUT : -EHOSTUNREACH;
}
