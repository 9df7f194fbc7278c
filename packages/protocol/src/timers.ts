/** One-shot timers of a core: no clock of their own, the owner brings the time. */
export class Timers {
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  #nextId = 1;

  /** Runs once at the first `tick` at or after `at`; the answer cancels it. */
  at(at: number, run: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { at, run });
    return () => void this.#timers.delete(id);
  }

  get size(): number {
    return this.#timers.size;
  }

  deadline(): number | null {
    let first = Number.POSITIVE_INFINITY;
    for (const { at } of this.#timers.values()) first = Math.min(first, at);
    return Number.isFinite(first) ? first : null;
  }

  tick(now: number): void {
    const due = [...this.#timers].filter(([, t]) => t.at <= now).sort((a, b) => a[1].at - b[1].at || a[0] - b[0]);
    for (const [id, timer] of due) if (this.#timers.delete(id)) timer.run();
  }
}

/** The earlier of two deadlines, null meaning none. */
export function earlier(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
