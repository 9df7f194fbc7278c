import type { Backend } from "@nomad/backend";
import { type Lid, NomadError, type Timings, type VLid } from "@nomad/base";
import { Inbox } from "../inbox.ts";
import type { Answer, Message, Notice, Request, Unnumbered } from "../message.ts";
import { type Outstanding, Requests } from "../requests.ts";
import type { HostEntry } from "../schema.ts";
import { Timers } from "../timers.ts";
import type { BulkAction, HostEffect, VmmAction } from "./effects.ts";

interface Ticket {
  readonly onDone: (value: never) => void;
  readonly onFail: (error: NomadError) => void;
}

/** What all parts of a coordinator share: who it is, its back-end, its ways to ask and to answer. */
export class HostContext {
  readonly name: string;
  readonly backend: Backend;
  readonly effects: HostEffect[] = [];
  readonly timers = new Timers();
  readonly requests: Requests;
  readonly timings: Timings;
  readonly inbox = new Inbox();
  /** Hosts by name, as central has told last. */
  readonly hosts = new Map<string, HostEntry>();
  /** Requests to this host itself take no wire. */
  readonly toSelf: Message[] = [];
  now = 0;
  #nextTicket = 1;
  readonly #tickets = new Map<number, Ticket>();

  constructor(name: string, backend: Backend, timings: Timings) {
    this.timings = timings;
    this.requests = new Requests((to, message) => this.send(to, message), timings.resendMs);
    this.name = name;
    this.backend = backend;
  }

  get lid(): Lid {
    return this.backend.lid;
  }

  send(to: string, message: Message): void {
    if (to === this.name) this.toSelf.push(message);
    else this.effects.push({ kind: "send", to, message });
  }

  ask<A extends Answer>(
    to: string,
    message: Unnumbered<Request>,
    o: { timeoutMs: number; onAnswer: (answer: A) => void; onFail: (error: NomadError) => void },
  ): Outstanding {
    const onAnswer = o.onAnswer as (answer: Answer) => void;
    return this.requests.ask(to, message, { now: this.now, timeoutMs: o.timeoutMs, onAnswer, onFail: o.onFail });
  }

  tell(to: string, message: Notice): void {
    this.send(to, message);
  }

  /** Ask the VMM; the callback runs when it has answered. */
  vmm<T = undefined>(
    vlid: VLid,
    action: VmmAction,
    onDone: (value: T) => void,
    onFail: (error: NomadError) => void,
  ): void {
    this.effects.push({ kind: "vmm", ticket: this.#ticket(onDone, onFail), vlid, action });
  }

  bulk<T = undefined>(
    move: string,
    action: BulkAction,
    onDone: (value: T) => void,
    onFail: (error: NomadError) => void,
  ): void {
    this.effects.push({ kind: "bulk", ticket: this.#ticket(onDone, onFail), move, action });
  }

  /** What nobody waits for: the action is carried out when what was asked for so far is on its way. */
  later(action: () => void): void {
    this.effects.push({ kind: "later", ticket: this.#ticket(action, ignore) });
  }

  #ticket<T>(onDone: (value: T) => void, onFail: (error: NomadError) => void): number {
    const ticket = this.#nextTicket++;
    this.#tickets.set(ticket, { onDone, onFail });
    return ticket;
  }

  /** The effect of this ticket is done, or has failed. */
  settle(ticket: number, result: { readonly value: unknown } | { readonly error: NomadError }): void {
    const waiting = this.#tickets.get(ticket);
    if (!waiting) return;
    this.#tickets.delete(ticket);
    if ("error" in result) waiting.onFail(result.error);
    else waiting.onDone(result.value as never);
  }

  hostOf(name: string): HostEntry {
    const host = this.hosts.get(name);
    if (!host) throw new NomadError("E_NO_HOST", `${this.name} knows no host ${name}`);
    return host;
  }
}

export const ignore = (): void => {};
