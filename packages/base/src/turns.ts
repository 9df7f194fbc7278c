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
  #cancelLater: Cancel | null = null;
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

  /** A turn when all that has come in is taken, unless there is one before. */
  later(): void {
    if (this.#due || this.#closed) return;
    this.#cancelLater ??= this.#clock.after(0, this.#laterTurn);
  }

  /** A turn at once. */
  now(): void {
    if (this.#closed) return;
    this.#cancelLater?.();
    this.#cancelLater = null;
    if (this.#turning.turn(this.#clock.now())) this.later();
    this.#sleep();
  }

  /** There are no more turns. */
  close(): void {
    this.#closed = true;
    this.#cancelLater?.();
    this.#cancelTimer();
  }

  readonly #dueTurn = (): void => {
    this.#due = false;
    this.now();
  };

  readonly #laterTurn = (): void => {
    this.#cancelLater = null;
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
