import type { Cancel, Clock } from "@nomad/base";

/** Less than anybody waits for. */
const roundingMs = 1e-6;

/**
 * A process in a simulation: its clock may run fast or slow; it may be paused, and then all that happens to it waits;
 * when it has crashed nothing happens to it any more.
 */
export class Process implements Clock {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #rate = 1;
  /** The world's time and the process's own when its rate changed last. */
  #since = 0;
  #base = 0;
  #paused = false;
  #alive = true;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
    this.#base = clock.now();
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  now(): number {
    return this.#base + (this.#clock.now() - this.#since) * this.#rate;
  }

  after(ms: number, action: () => void): Cancel {
    const due = this.now() + Math.max(0, ms);
    return this.#clock.after(Math.max(0, ms) / this.#rate, () => {
      this.#round(due);
      this.enter(action);
    });
  }

  /** A timer whose time has come, but for what was lost in division: it must not find itself early, and wait again. */
  #round(due: number): void {
    const early = due - this.now();
    if (early > 0 && early < roundingMs) [this.#base, this.#since] = [due, this.#clock.now()];
  }

  soon(action: () => void): void {
    this.#clock.soon(() => this.enter(action));
  }

  /** How fast its clock runs from now on: 1 is right. */
  drift(rate: number): void {
    this.#base = this.now();
    this.#since = this.#clock.now();
    this.#rate = rate;
  }

  /** Something happens to it: at once, or when it goes on. */
  enter(action: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) this.#waiting.push(action);
    else action();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    while (this.#alive && !this.#paused) {
      const next = this.#waiting.shift();
      if (!next) return;
      next();
    }
  }

  crash(): void {
    this.#alive = false;
    this.#waiting.length = 0;
  }
}
