import type { Lid } from "@nomad/base";

/** Something that takes its turn; `Schedule` owns these fields. */
export interface Scheduled<T> {
  scheduled: boolean;
  nextScheduled: T | null;
  /** The port whose link it waits for, or 0. */
  parkedFor: number;
}

/** Queue pairs that may have something to send, in turn; those whose link takes no more wait beside it. */
export class Schedule<T extends Scheduled<T>> {
  #first: T | null = null;
  #last: T | null = null;
  readonly #parked = new Map<number, Set<T>>();

  get empty(): boolean {
    return this.#first === null;
  }

  /** Puts it at the end, unless it is in the queue or waits for its link. */
  add(item: T): void {
    if (item.scheduled || item.parkedFor !== 0) return;
    item.scheduled = true;
    item.nextScheduled = null;
    if (this.#last === null) this.#first = item;
    else this.#last.nextScheduled = item;
    this.#last = item;
  }

  /** Takes the next one out, or null when there is none. */
  next(): T | null {
    const item = this.#first;
    if (item === null) return null;
    this.#first = item.nextScheduled;
    if (this.#first === null) this.#last = null;
    item.scheduled = false;
    item.nextScheduled = null;
    return item;
  }

  /** It waits until the link to `dlid` is ready. */
  park(item: T, dlid: Lid): void {
    const waiting = this.#parked.get(dlid) ?? new Set<T>();
    waiting.add(item);
    this.#parked.set(dlid, waiting);
    item.parkedFor = dlid;
  }

  /** It waits for no link any more. */
  unpark(item: T): void {
    this.#parked.get(item.parkedFor)?.delete(item);
    item.parkedFor = 0;
  }

  /** The link to `dlid` takes packets again: all that wait for it are back in turn. */
  ready(dlid: Lid): void {
    const waiting = this.#parked.get(dlid);
    if (waiting === undefined) return;
    this.#parked.delete(dlid);
    for (const item of waiting) {
      item.parkedFor = 0;
      this.add(item);
    }
  }
}
