import { assert } from "./assert.ts";
import type { Cancel, Clock } from "./clock.ts";

interface Entry {
  readonly at: number;
  readonly order: number;
  action: (() => void) | null;
}

/** So much may happen at one moment; more, and time would never go on. */
const atOnceMax = 1e6;

/** Time that passes only when `step` says so: the next thing to happen happens at once. Milliseconds. */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  #atOnce = 0;
  /** A binary heap: the earliest first, among equals the one that was asked for first. */
  readonly #heap: Entry[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): Cancel {
    const entry: Entry = { at: this.#now + Math.max(0, ms), order: this.#order++, action };
    this.#push(entry);
    return () => {
      entry.action = null;
    };
  }

  soon(action: () => void): void {
    this.after(0, action);
  }

  /** Lets the next thing happen; false when there is none. */
  step(): boolean {
    for (let entry = this.#pop(); entry; entry = this.#pop()) {
      if (!entry.action) continue;
      this.#atOnce = entry.at > this.#now ? 0 : this.#atOnce + 1;
      assert(this.#atOnce < atOnceMax, `time goes on after ${this.#now} ms`);
      this.#now = entry.at;
      entry.action();
      return true;
    }
    return false;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent] as Entry)) break;
      heap[i] = heap[parent] as Entry;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let i = 0;
    for (let child = 1; child < heap.length; child = 2 * i + 1) {
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!before(heap[child] as Entry, last)) break;
      heap[i] = heap[child] as Entry;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
