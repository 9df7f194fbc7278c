import type { Cancel, Clock } from "@nomad/base";
import type { CentralEffect, CentralEvent } from "@nomad/protocol";
import { isAboutFaults } from "../faults/arrive.ts";

type Commit = Extract<CentralEffect, { kind: "journal" }>;

/** Whose turns they are. */
export interface TurningCentral {
  readonly clock: Clock;
  readonly takeEffects: () => readonly CentralEffect[];
  readonly perform: (effect: Exclude<CentralEffect, Commit>) => void;
  /** Writes to the journal, at once. */
  readonly commit: (commit: Commit) => void;
  /** How long a fault keeps the next write from the disk, ms; 0: not at all. */
  readonly writeDelayMs: () => number;
}

/**
 * Central's turns: what comes in is taken, then all is done that the core has decided, in order. While a write is kept
 * from the disk all else waits behind it, as behind a disk that is slow; but faults are added and lifted.
 */
export class CentralTurns {
  readonly #central: TurningCentral;
  readonly #effects: CentralEffect[] = [];
  readonly #waiting: (() => void)[] = [];
  #write: { readonly commit: Commit; readonly cancel: Cancel } | null = null;
  #closed = false;

  constructor(central: TurningCentral) {
    this.#central = central;
  }

  /** Let the core take something, in its turn. */
  take(event: CentralEvent | null, action: () => void): void {
    if (this.#closed) return;
    const waits = this.#write !== null && !(event?.kind === "message" && isAboutFaults(event.message));
    if (waits) return void this.#waiting.push(action);
    action();
    this.run();
  }

  /** Do what the core has decided, until nothing is left to do now. */
  run(): void {
    for (let effect = this.#next(); effect; effect = this.#next()) {
      if (effect.kind === "journal") this.#journal(effect);
      else this.#central.perform(effect);
    }
  }

  #next(): CentralEffect | undefined {
    if (this.#closed) return undefined;
    if (this.#effects.length === 0 || this.#write) this.#effects.push(...this.#central.takeEffects());
    if (!this.#write) return this.#effects.shift();
    const urgent = this.#effects.findIndex((effect) => effect.kind === "send" && isAboutFaults(effect.message));
    return urgent < 0 ? undefined : this.#effects.splice(urgent, 1)[0];
  }

  #journal(commit: Commit): void {
    const ms = this.#central.writeDelayMs();
    if (ms <= 0) return this.#central.commit(commit);
    this.#write = { commit, cancel: this.#central.clock.after(ms, () => this.writeNow()) };
  }

  /** The fault is lifted: what was kept from the disk is written, and all that waited for it goes on. */
  writeNow(): void {
    if (!this.#write || this.#closed) return;
    const { commit, cancel } = this.#write;
    cancel();
    this.#write = null;
    this.#central.commit(commit);
    this.run();
    while (!this.#write && !this.#closed) {
      const next = this.#waiting.shift();
      if (!next) return;
      next();
      this.run();
    }
  }

  /** What was kept from the disk never gets there. */
  close(): void {
    this.#closed = true;
    this.#write?.cancel();
  }
}
