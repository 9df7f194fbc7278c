import type { Cancel, Clock } from "@nomad/base";

/** How long an answer is waited for, and how often a message is repeated. */
export interface Patience {
  readonly timeoutMs: number;
  readonly retries: number;
}

export const usualPatience: Patience = { timeoutMs: 500, retries: 7 };

/** Sends a message now and again until it is stopped, or gives up. */
export class Retransmission {
  readonly #clock: Clock;
  readonly #patience: Patience;
  readonly #send: () => void;
  readonly #giveUp: () => void;
  #left: number;
  #cancel: Cancel = () => {};

  constructor(clock: Clock, patience: Patience, send: () => void, giveUp: () => void) {
    this.#clock = clock;
    this.#patience = patience;
    this.#send = send;
    this.#giveUp = giveUp;
    this.#left = patience.retries;
    this.#again();
  }

  #again(): void {
    this.#send();
    this.#cancel = this.#clock.after(this.#patience.timeoutMs, () => {
      if (this.#left-- > 0) this.#again();
      else this.#giveUp();
    });
  }

  stop(): void {
    this.#cancel();
  }
}
