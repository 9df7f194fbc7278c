import type { Scheduler } from "../memory-link.ts";

/** Time that passes only when asked to. */
export class VirtualScheduler implements Scheduler {
  #now = 0;
  #events: { readonly at: number; readonly fn: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): void {
    const at = this.#now + ms;
    const index = this.#events.findIndex((event) => event.at > at);
    this.#events.splice(index < 0 ? this.#events.length : index, 0, { at, fn });
  }

  /** Runs the next event, if there is one. */
  step(): boolean {
    const event = this.#events.shift();
    if (!event) return false;
    this.#now = event.at;
    event.fn();
    return true;
  }
}
