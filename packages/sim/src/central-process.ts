import { Central, type CentralEffect, type CentralEvent, type Message } from "@nomad/protocol";
import type { Disk } from "./disk.ts";
import type { Network, Place } from "./network.ts";
import type { Observers } from "./observer.ts";
import type { Process } from "./process.ts";
import { timings } from "./timings.ts";

/** One run of central's process: the core that the daemon runs, a simulated disk under its journal. */
export class CentralProcess implements Place {
  readonly name = "central";
  readonly incarnation: string;
  readonly process: Process;
  readonly core: Central;
  readonly #network: Network;
  readonly #disk: Disk;
  readonly #observers: Observers;
  #tickAt = Number.POSITIVE_INFINITY;

  constructor(o: {
    readonly generation: number;
    readonly process: Process;
    readonly network: Network;
    readonly disk: Disk;
    readonly observers: Observers;
  }) {
    this.incarnation = `central-${o.generation}`;
    this.process = o.process;
    this.#network = o.network;
    this.#disk = o.disk;
    this.#observers = o.observers;
    this.core = new Central({ generation: o.generation, version: "simulated", timings });
  }

  receive(from: string, incarnation: string, message: Message): void {
    this.handle({ kind: "message", from, incarnation, message });
  }

  channelUp(to: string): void {
    this.handle({ kind: "channel-up", to });
  }

  handle(event: CentralEvent): void {
    this.core.handle(event, this.process.now());
    this.turn();
  }

  /** Carry out what the core has decided, until nothing is left to do now. */
  turn(): void {
    for (let effects = this.core.takeEffects(); effects.length > 0; effects = this.core.takeEffects()) {
      for (const effect of effects) this.#perform(effect);
    }
    const deadline = this.core.deadline();
    if (deadline === null || deadline >= this.#tickAt) return;
    this.#tickAt = deadline;
    this.process.after(deadline - this.process.now(), () => {
      this.#tickAt = Number.POSITIVE_INFINITY;
      this.core.tick(this.process.now());
      this.turn();
    });
  }

  #perform(effect: CentralEffect): void {
    this.#observers.central(effect);
    switch (effect.kind) {
      case "send":
        return this.#network.send(this, effect.to, effect.message);
      case "journal": {
        const { ticket } = effect;
        const done = () => ticket !== null && this.handle({ kind: "journaled", ticket });
        return this.#disk.commit(effect.entries, () => this.process.enter(done));
      }
      case "event":
        if (effect.event.type === "move") this.#observers.phase(effect.event.move);
    }
  }
}
