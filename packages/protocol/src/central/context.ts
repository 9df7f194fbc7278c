import { type NomadError, planted, type Timings } from "@nomad/base";
import { gidText } from "@nomad/iba";
import type { Guest, Host, LabEvent, Partition } from "../http/index.ts";
import type { Answer, Message, Request, Unnumbered } from "../message.ts";
import type { Phase } from "../phase.ts";
import { type Outstanding, Requests } from "../requests.ts";
import { Directory, type GuestRecord, type HostRecord } from "./directory.ts";
import type { CentralEffect, JournalEntry } from "./effects.ts";
import { guestEntry, moveEntry } from "./entries.ts";
import { HostNews } from "./host-news.ts";
import type { Move } from "./move.ts";
import { SubnetManager } from "./subnet.ts";

/** What central was started with. */
export interface CentralSettings {
  readonly generation: number;
  readonly timings: Timings;
  readonly movesPerHostMax: number;
  readonly now: number;
  readonly partitions: readonly Partition[];
}

/** What all parts of central share: the directory, and the ways to ask, to write down and to tell. */
export class CentralContext {
  readonly directory = new Directory();
  readonly subnet: SubnetManager;
  readonly generation: number;
  readonly timings: Timings;
  readonly movesPerHostMax: number;
  readonly requests: Requests;
  readonly news: HostNews;
  readonly effects: CentralEffect[] = [];
  readonly #onJournaled = new Map<number, () => void>();
  /** Owners by decisions that are on their way to the disk, by guest: what is written behind them must not take them back. */
  readonly #deciding = new Map<string, Pick<GuestRecord, "host" | "epoch">>();
  #nextTicket = 1;
  now: number;

  constructor(o: CentralSettings) {
    this.generation = o.generation;
    this.timings = o.timings;
    this.movesPerHostMax = o.movesPerHostMax;
    this.now = o.now;
    this.subnet = new SubnetManager(this.directory.hosts, o.partitions);
    this.news = new HostNews({
      heartbeatMs: o.timings.heartbeatMs,
      entries: () => this.directory.hostEntries(),
      audience: () => this.believed().map(({ name }) => name),
      send: (to, hosts) => this.#send(to, { kind: "HOSTS", hosts }),
    });
    this.requests = new Requests((to, message) => this.send(to, message), o.timings.resendMs);
  }

  /** Hosts that are not lost. */
  believed(): HostRecord[] {
    return [...this.directory.hosts.values()].filter(({ state }) => state !== "lost");
  }

  send(to: string, message: Message): void {
    this.news.before(to);
    this.#send(to, message);
  }

  #send(to: string, message: Message): void {
    this.effects.push({ kind: "send", to, message });
  }

  ask(
    to: string,
    message: Unnumbered<Request>,
    o: { timeoutMs: number; onAnswer: (answer: Answer) => void; onFail: (error: NomadError) => void },
  ): Outstanding {
    return this.requests.ask(to, message, { now: this.now, ...o });
  }

  // --- the journal ---

  journal(...entries: readonly JournalEntry[]): void {
    this.effects.push({ kind: "journal", ticket: null, entries });
  }

  /** Keep a move's decision and the guest's owner by it, in one; `done` runs when they are on disk. */
  journalDecision(move: Move, phase: Phase, owner: GuestRecord, done: () => void): void {
    const ticket = this.#nextTicket++;
    const { host, epoch } = owner;
    this.#deciding.set(owner.name, { host, epoch });
    const decided = () => {
      this.#deciding.delete(owner.name);
      done();
    };
    if (planted("commit-before-disk")) decided();
    else this.#onJournaled.set(ticket, decided);
    this.effects.push({ kind: "journal", ticket, entries: [moveEntry(move, phase), guestEntry(owner)] });
  }

  journaled(ticket: number): void {
    const done = this.#onJournaled.get(ticket);
    this.#onJournaled.delete(ticket);
    done?.();
  }

  // --- for those who watch ---

  tell(event: LabEvent): void {
    this.effects.push({ kind: "event", event });
  }

  /** `because`: what must be written down with it, all or nothing. */
  guestChanged(guest: GuestRecord, ...because: readonly JournalEntry[]): void {
    this.journal(...because, guestEntry({ ...guest, ...this.#deciding.get(guest.name) }));
    this.tell({ type: "guest", guest: guestView(guest) });
  }

  moveChanged(move: Move): void {
    this.tell({ type: "move", move: structuredClone(move.record) });
  }

  hostChanged(host: HostRecord): void {
    this.tell({ type: "host", host: this.hostView(host) });
  }

  hostView(host: HostRecord, guests = this.directory.guestsAt(host.name)): Host {
    const { name, state, lid, portState, protocol, url, pid, refused } = host;
    const { gids, pkeys } = this.subnet.settings(name, lid);
    const port = { state: portState, gids: gids.map(gidText), pkeys: pkeys.map(pkeyText) };
    return { name, state, lid, port, protocol, url, pid, guests, refused };
  }
}

export function guestView(guest: GuestRecord): Guest {
  const { name, host, epoch, state, vlid, image, memoryBytes, exitCode, error } = guest;
  return { name, host, epoch, state, vlid, image, memoryBytes, exitCode, error };
}

/** As Linux shows it under /sys/class/infiniband. */
const pkeyText = (pkey: number): string => `0x${pkey.toString(16).padStart(4, "0")}`;
