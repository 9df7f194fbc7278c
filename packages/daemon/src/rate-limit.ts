/** Counts what comes against a limit: so many at once, and as many again in each second. */
export class RateLimit {
  readonly #perSecond: number;
  #left: number;
  #since: number;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#since = now;
  }

  /** One more has come, at `now` (ms). False when it is one too many. */
  take(now: number): boolean {
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#since) * this.#perSecond) / 1000);
    this.#since = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
