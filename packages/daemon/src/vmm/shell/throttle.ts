/** A throttled guest runs and rests once in this time, ms. */
const cycleMs = 20;

/** Keeps a guest from running for a share of the time. The guest's thread looks at it whenever it has unwound. */
export class Throttle {
  /** One word, shared with the guest's thread: how long to rest after unwinding, ms. */
  readonly words = new Int32Array(new SharedArrayBuffer(4));
  #cycle: NodeJS.Timeout | undefined;

  /**
   * @param share of the time, 0 to below 1; 0 lets the guest go on at once
   * @param unwind makes the guest come out of its functions, and go on
   */
  set(share: number, unwind: () => void): void {
    clearInterval(this.#cycle);
    Atomics.store(this.words, 0, Math.round(cycleMs * share));
    Atomics.notify(this.words, 0);
    if (share > 0) this.#cycle = setInterval(unwind, cycleMs).unref();
  }
}

/** In the guest's thread: rests as long as the throttle says, or until it says something else. */
export function rest(words: Int32Array): void {
  const ms = Atomics.load(words, 0);
  if (ms > 0) Atomics.wait(words, 0, ms, ms);
}
