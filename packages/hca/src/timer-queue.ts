/** Something with one timer; `TimerQueue` owns these fields. */
export interface Timed {
  /** When the timer is due, ms; Infinity when it is not running. */
  timerAt: number;
  /** Where it is in the queue, -1 when it is not, and the time it was put there for: `timerAt` or earlier. */
  heapIndex: number;
  heapAt: number;
}

/**
 * Timers in order of time, made for being put off again and again: a later time costs one store, and the entry moves only
 * when the old time has come.
 */
export class TimerQueue<T extends Timed> {
  readonly #heap: T[] = [];

  set(item: T, at: number): void {
    item.timerAt = at;
    if (item.heapIndex < 0) {
      item.heapIndex = this.#heap.length;
      this.#heap.push(item);
    } else if (at >= item.heapAt) {
      return;
    }
    item.heapAt = at;
    this.#up(item.heapIndex);
  }

  cancel(item: T): void {
    item.timerAt = Infinity;
  }

  /** When the next timer is due, or null when none is running. */
  next(): number | null {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.timerAt === top.heapAt) return top.timerAt;
      if (top.timerAt === Infinity) this.#removeTop();
      else {
        top.heapAt = top.timerAt;
        this.#down(0);
      }
    }
    return null;
  }

  /** Takes out one whose time has come; its timer is then not running. */
  takeDue(now: number): T | null {
    const at = this.next();
    if (at === null || at > now) return null;
    const top = this.#removeTop();
    top.timerAt = Infinity;
    return top;
  }

  #removeTop(): T {
    const top = this.#heap[0] as T;
    const last = this.#heap.pop() as T;
    top.heapIndex = -1;
    if (last !== top) {
      this.#place(last, 0);
      this.#down(0);
    }
    return top;
  }

  #up(index: number): void {
    const item = this.#heap[index] as T;
    let at = index;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#heap[parent] as T;
      if (above.heapAt <= item.heapAt) break;
      this.#place(above, at);
      at = parent;
    }
    this.#place(item, at);
  }

  #down(index: number): void {
    const item = this.#heap[index] as T;
    let at = index;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && this.#at(child + 1) < this.#at(child)) child++;
      if (this.#at(child) >= item.heapAt) break;
      this.#place(this.#heap[child] as T, at);
      at = child;
    }
    this.#place(item, at);
  }

  #at(index: number): number {
    return (this.#heap[index] as T).heapAt;
  }

  #place(item: T, index: number): void {
    this.#heap[index] = item;
    item.heapIndex = index;
  }
}
