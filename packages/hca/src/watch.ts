import type { Qpn } from "@nomad/base";
import type { QueuePair } from "./queue-pair.ts";

/**
 * Queue pairs that were described to somebody and are looked after since: one that the adapter has had nothing to do with is
 * as it was described. Some of the others are so, too.
 */
export class Watch {
  readonly #stirred = new Set<QueuePair>();

  /** The adapter does something with a queue pair that this watch is on; it looks no further. */
  note(qp: QueuePair): void {
    qp.watch = null;
    this.#stirred.add(qp);
  }

  /** Numbers that those have now which the adapter has had to do with; some may be gone. */
  get stirred(): Qpn[] {
    return [...this.#stirred].map(({ qpn }) => qpn);
  }
}
