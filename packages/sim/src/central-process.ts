import type { Timings } from "@nomad/base";
import { Central, type CentralEffect, type CentralEvent, type Message, recover } from "@nomad/protocol";
import type { Disk } from "./disk.ts";
import type { Network, Place } from "./network.ts";
import type { Observers } from "./observer.ts";
import type { Process } from "./process.ts";

export interface CentralProcessOptions {
  readonly generation: number;
  readonly process: Process;
  readonly protocol: number;
  readonly network: Network;
  readonly disk: Disk;
  readonly observers: Observers;
  readonly timings: Timings;
}

/** One run of central's process: the core that the daemon runs, a simulated disk under its journal. */
export class CentralProcess implements Place {
  readonly name = "central";
  readonly incarnation: string;
  readonly process: Process;
  readonly protocol: number;
  readonly core: Central;
  readonly #o: CentralProcessOptions;
  #effects: CentralEffect[] = [];
  /** While the disk writes, all else waits: the daemon's commit returns when it is done. */
  #committing = false;
  readonly #waiting: (() => void)[] = [];
  #tickAt = Number.POSITIVE_INFINITY;

  constructor(o: CentralProcessOptions) {
    this.incarnation = `central-${o.generation}`;
    this.process = o.process;
    this.protocol = o.protocol;
    this.#o = o;
    const recovered = recover(o.disk.entries);
    const now = o.process.now();
    const { generation, timings } = o;
    this.core = new Central({ generation, version: "simulated", timings, recovered, now });
  }

  receive(from: string, incarnation: string, message: Message): void {
    this.handle({ kind: "message", from, incarnation, message });
  }

  channelUp(to: string, protocol: number): void {
    this.handle({ kind: "channel-up", to, protocol });
  }

  handle(event: CentralEvent): void {
    this.#do(() => this.core.handle(event, this.process.now()));
  }

  #do(action: () => void): void {
    if (this.#committing) return void this.#waiting.push(action);
    action();
    this.turn();
  }

  /** Carry out what the core has decided, in order, until nothing is left to do now. */
  turn(): void {
    while (!this.#committing) {
      const effect = this.#effects.shift();
      if (effect) this.#perform(effect);
      else this.#effects = this.core.takeEffects();
      if (!effect && this.#effects.length === 0) break;
    }
    const deadline = this.core.deadline();
    if (deadline === null || deadline >= this.#tickAt) return;
    this.#tickAt = deadline;
    this.process.after(deadline - this.process.now(), () => {
      this.#tickAt = Number.POSITIVE_INFINITY;
      this.#do(() => this.core.tick(this.process.now()));
    });
  }

  #perform(effect: CentralEffect): void {
    this.#o.observers.central(effect);
    switch (effect.kind) {
      case "send":
        return this.#o.network.send(this, effect.to, effect.message);
      case "journal": {
        this.#committing = true;
        const { entries, ticket } = effect;
        return this.#o.disk.commit(entries, () => this.process.enter(() => this.#committed(ticket)));
      }
      case "event":
        if (effect.event.type === "move") this.#o.observers.phase(effect.event.move);
    }
  }

  #committed(ticket: number | null): void {
    this.#committing = false;
    if (ticket !== null) this.core.handle({ kind: "journaled", ticket }, this.process.now());
    this.turn();
    while (!this.#committing) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#do(next);
    }
  }
}
