import type { Cancel, Clock } from "./clock.ts";

/** Something that does what it has to do in turns. */
export interface Turning {
  /** One turn; true when there is more that could be done now. */
  turn(now: number): boolean;
  /** When it needs a turn even if nothing happens, ms of the clock; Infinity: never. */
  deadline(): number;
}

/** Gives something its turns: when it is asked for, when the last one left work over, and when its deadline has come. */
export class Turns {
  readonly #clock: Clock;
  readonly #turning: Turning;
  #due = false;
  #closed = false;
  #timerAt = Number.POSITIVE_INFINITY;
  #cancelTimer: Cancel = () => {};

  constructor(clock: Clock, turning: Turning) {
    this.#clock = clock;
    this.#turning = turning;
  }

  /** A turn when all is done that goes on now: many that ask share it. */
  soon(): void {
    if (this.#due || this.#closed) return;
    this.#due = true;
    this.#clock.soon(this.#dueTurn);
  }

  /** A turn at once. */
  now(): void {
    if (this.#closed) return;
    const more = this.#turning.turn(this.#clock.now());
    // Others have theirs in between: what comes in, above all.
    if (more && !this.#due) {
      this.#due = true;
      this.#clock.after(0, this.#dueTurn);
    }
    this.#sleep();
  }

  /** There are no more turns. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  readonly #dueTurn = (): void => {
    this.#due = false;
    this.now();
  };

  /** A timer that is too early does no harm, so it stays when the deadline recedes: with each message, that is. */
  #sleep(): void {
    const at = this.#turning.deadline();
    if (at >= this.#timerAt || this.#closed) return;
    this.#timerAt = at;
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.now();
    });
  }
}
