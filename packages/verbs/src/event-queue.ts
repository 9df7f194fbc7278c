/** Events that wait to be taken, in order; and those who wait for them. */
export class EventQueue<Event> implements AsyncIterable<Event> {
  readonly #events: Event[] = [];
  #waiting: ((event: Event | null) => void)[] = [];
  #closed = false;

  push(event: Event): void {
    const first = this.#waiting.shift();
    if (first !== undefined) first(event);
    else if (!this.#closed) this.#events.push(event);
  }

  /** The oldest event, or null when there is none now. */
  poll(): Event | null {
    return this.#events.shift() ?? null;
  }

  /** The next event; null when there will be none any more. */
  next(): Promise<Event | null> {
    const event = this.poll();
    if (event !== null || this.#closed) return Promise.resolve(event);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** No event comes any more; those that wait to be taken can be. */
  close(): void {
    this.#closed = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(null);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    for (let event = await this.next(); event !== null; event = await this.next()) yield event;
  }
}
