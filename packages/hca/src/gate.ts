import type { Qpn } from "@nomad/base";
import type { QueuePair } from "./queue-pair.ts";
import type { HcaEvents } from "./types.ts";

/**
 * Who holds which send queues, and which of those still have something under way. A held queue pair goes on with what it has
 * started (it even retransmits, but uses up no retries) and takes and answers requests as ever.
 */
export class Gates {
  readonly #events: HcaEvents;
  /** By holder: held queue pairs that are not drained. */
  readonly #waiting = new Map<string, Set<QueuePair>>();

  constructor(events: HcaEvents) {
    this.#events = events;
  }

  hold(qp: QueuePair, holder: string): void {
    if (!qp.holders.includes(holder)) qp.holders = [...qp.holders, holder];
    if (!qp.requester.busy) return;
    const waiting = this.#waiting.get(holder) ?? new Set<QueuePair>();
    waiting.add(qp);
    this.#waiting.set(holder, waiting);
  }

  /** True when this was its last holder. */
  release(qp: QueuePair, holder: string): boolean {
    const held = qp.holders.includes(holder);
    if (held) qp.holders = qp.holders.filter((other) => other !== holder);
    this.#settle(qp, holder);
    return held && qp.holders.length === 0;
  }

  /** Nothing of the queue pair is under way any more; a holder that waited for it last is told. */
  drained(qp: QueuePair): void {
    for (const holder of qp.holders) {
      if (this.#settle(qp, holder)) this.#events.drained(holder);
    }
  }

  /** It is destroyed. */
  forget(qp: QueuePair): void {
    this.drained(qp);
    qp.holders = [];
  }

  isDrained(holder: string): boolean {
    return !this.#waiting.has(holder);
  }

  idle({ requester, holders }: QueuePair, holder: string): boolean {
    return !requester.busy && holders.length === 1 && holders[0] === holder;
  }

  undrained(holder: string): Qpn[] {
    return [...(this.#waiting.get(holder) ?? [])].map((qp) => qp.qpn);
  }

  /** True when it was the last that the holder waited for. */
  #settle(qp: QueuePair, holder: string): boolean {
    const waiting = this.#waiting.get(holder);
    if (waiting === undefined || !waiting.delete(qp) || waiting.size > 0) return false;
    this.#waiting.delete(holder);
    return true;
  }
}
