import type { Clock } from "@nomad/base";

interface Answer {
  /** null: the request waits for its answer. */
  mad: Uint8Array | null;
  /** From when on nobody can ask again. */
  until: number;
}

/**
 * What requests for connections were answered, so that one that comes again is answered the same, and one that is late does
 * not look like a new one. Requests are known by the port and the communication ID of who asked.
 */
export class Answers {
  readonly #clock: Clock;
  readonly #lingerMs: number;
  readonly #answers = new Map<string, Answer>();

  /** `lingerMs`: how long after its end a request may still come again. */
  constructor(clock: Clock, lingerMs: number) {
    this.#clock = clock;
    this.#lingerMs = lingerMs;
  }

  /** Is the request new? It is open from then on. */
  open(lid: number, id: number): boolean {
    this.#dropOld();
    const key = keyOf(lid, id);
    if (this.#answers.has(key)) return false;
    this.#answers.set(key, { mad: null, until: Number.POSITIVE_INFINITY });
    return true;
  }

  /** What it was answered, or null. */
  find(lid: number, id: number): Uint8Array | null {
    return this.#answers.get(keyOf(lid, id))?.mad ?? null;
  }

  /** Answers an open request; false when it is not, or no longer. */
  give(lid: number, id: number, mad: Uint8Array): boolean {
    const answer = this.#answers.get(keyOf(lid, id));
    if (answer === undefined || answer.mad !== null) return false;
    answer.mad = mad;
    return true;
  }

  /** Its connection is over, or there was none. */
  finish(lid: number, id: number): void {
    const answer = this.#answers.get(keyOf(lid, id));
    if (answer !== undefined) answer.until = this.#clock.now() + this.#lingerMs;
  }

  #dropOld(): void {
    const now = this.#clock.now();
    for (const [key, { until }] of this.#answers) if (until < now) this.#answers.delete(key);
  }
}

function keyOf(lid: number, id: number): string {
  return `${lid} ${id}`;
}
