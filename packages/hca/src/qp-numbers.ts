import type { Qpn, Random } from "@nomad/base";

/** Numbers below are the IBA's special queue pairs. */
const FIRST = 2;
/** The general services interface: where managers of ports are found (IBA 3.9.2). */
const GSI = 1 as Qpn;
const LAST = 0xfffffe;
/** How many numbers of destroyed queue pairs are kept back. */
const RECENT_MAX = 4096;

/**
 * Gives queue pair numbers that cannot be guessed and are not soon used again. A number that is given and never released is
 * quarantined: packets to it may still be under way for as long as this adapter lives.
 */
export class QpNumbers {
  readonly #random: Pick<Random, "between">;
  readonly #taken = new Set<number>();
  readonly #recent: number[] = [];

  constructor(random: Pick<Random, "between">) {
    this.#random = random;
  }

  take(): Qpn {
    for (;;) {
      const number = this.#random.between(FIRST, LAST);
      if (this.#taken.has(number)) continue;
      this.#taken.add(number);
      return number as Qpn;
    }
  }

  /** The number of the general services interface, or null while somebody has it. It may be had again as soon as released. */
  takeGsi(): Qpn | null {
    if (this.#taken.has(GSI)) return null;
    this.#taken.add(GSI);
    return GSI;
  }

  /** Has the number been given, and not been released long ago? */
  isTaken(qpn: Qpn): boolean {
    return this.#taken.has(qpn);
  }

  /** How many are given and not released. */
  get inUse(): number {
    return this.#taken.size - this.#recent.length;
  }

  /** Its queue pair is destroyed: the number may be used again after many others. */
  release(qpn: Qpn): void {
    if (qpn === GSI) {
      this.#taken.delete(GSI);
      return;
    }
    this.#recent.push(qpn);
    if (this.#recent.length > RECENT_MAX) this.#taken.delete(this.#recent.shift() as number);
  }
}
