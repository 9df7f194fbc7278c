import type { Qpn } from "@nomad/base";
import type { Message } from "@nomad/protocol";
import type { MoveRecord } from "@nomad/protocol/http";
import { expect } from "vitest";
import { Decisions } from "../../invariants/decisions.ts";
import { Handles } from "../../invariants/handles.ts";
import { OldNames } from "../../invariants/old-names.ts";
import { OnePlace } from "../../invariants/one-place.ts";
import { Told } from "../../invariants/told.ts";
import { talker } from "../../programs/talker.ts";
import { Traffic } from "../../traffic.ts";
import { World, type WorldOptions } from "../../world.ts";

/** A control message on its way. */
export interface Sent {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly message: Message;
}

export interface RuleLabOptions extends Pick<WorldOptions, "passes" | "drainBudgetMs"> {
  /** Where each guest starts; each is connected to all others. Default: alice on host-a, bob on host-b. */
  readonly guests?: Readonly<Record<string, string>>;
  /** How long programs rest between two looks at their queues, ms. */
  readonly restMs?: number;
  /** Guests that post nothing after their first looks. */
  readonly silent?: readonly string[];
  /** Boot them, and let them talk, before the test begins. Default true. */
  readonly talk?: boolean;
}

/** A lab of four hosts for the scenario of a rule: guests that all talk to each other, all checkers, what was sent. */
export class RuleLab {
  readonly world: World;
  readonly traffic = new Traffic();
  readonly sent: Sent[] = [];
  readonly #guests: Readonly<Record<string, string>>;
  readonly #oldNames = new OldNames();

  constructor(options: RuleLabOptions = {}) {
    const { guests = { alice: "host-a", bob: "host-b" }, silent = [], restMs = 0.1, talk = true, ...rest } = options;
    this.#guests = guests;
    const names = Object.keys(guests);
    const { traffic } = this;
    const peersOf = (own: string) => names.filter((name) => name !== own);
    const silenceOf = (own: string) => (silent.includes(own) ? { after: 20, looks: Number.POSITIVE_INFINITY } : null);
    const programs = names.map((own) => {
      return [own, talker({ own, peers: peersOf(own), traffic, restMs, silence: silenceOf(own) })] as const;
    });
    const world = new World({ seed: 1, hosts: 4, programs: Object.fromEntries(programs), ...rest });
    this.world = world;
    const places = new OnePlace(() => world.hosts);
    for (const observer of [
      places,
      this.#oldNames,
      new Handles(),
      new Told(() => world.hosts),
      new Decisions(world.disk),
    ])
      world.observers.add(observer);
    world.observers.add({
      control: (from, to, message) => this.sent.push({ atMs: world.clock.now(), from, to, message }),
    });
    if (talk) this.boot();
  }

  boot(): void {
    for (const [name, host] of Object.entries(this.#guests)) this.world.boot(name, name, host);
    this.world.run(20);
  }

  /** Ask for a move, and wait until it has reached this phase. */
  moveUntil(guest: string, to: string, phase: string): MoveRecord {
    const move = this.world.startMove(guest, to);
    this.world.until(`the move is ${phase}`, () => move.phase === phase || phase in move.phases);
    return move;
  }

  /** Messages of this kind, in order. */
  sentOf<K extends Message["kind"]>(kind: K): (Sent & { readonly message: Extract<Message, { kind: K }> })[] {
    return this.sent.filter(
      (one): one is Sent & { message: Extract<Message, { kind: K }> } => one.message.kind === kind,
    );
  }

  /** No guest is moving, and none that moved has still to hear of it. */
  settle(): void {
    const settled = () => this.world.central.status().guests.every(({ state }) => state !== "moving");
    this.world.until("no guest is moving", settled);
    this.world.run(20);
  }

  deviceOf(guest: string) {
    const { host, vlid } = this.world.central.directory.guest(guest);
    return this.world.host(host).coordinator.backend.device(vlid);
  }

  /** The number that each of a guest's queue pairs has in packets now. */
  qpnsOf(guest: string): Qpn[] {
    return [...this.deviceOf(guest).qps.values()].map(({ qpn }) => qpn);
  }

  /** The guests go on talking for a while and end; every message, write and atomic is accounted for. */
  verify(): void {
    const names = Object.keys(this.#guests);
    this.world.run(20);
    this.world.end(...names);
    for (const name of names) expect(this.world.report(name), name).toMatchObject({ verified: true });
    this.traffic.effects.checkTotals();
    this.#oldNames.checkAll();
  }
}
