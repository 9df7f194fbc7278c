import type { Clock } from "@nomad/base";
import type { JournalEntry } from "@nomad/protocol";

/** How long a commit takes, ms. */
const commitMs = 0.3;

interface Batch {
  readonly entries: readonly JournalEntry[];
  readonly done: () => void;
}

/**
 * The disk of central's journal. Batches are committed one after another, each wholly or not at all; what is not
 * committed when the power fails is gone.
 */
export class Disk {
  /** What a restarted central finds: by table and key. */
  readonly durable = new Map<string, JournalEntry>();
  commitMs = commitMs;
  readonly #clock: Clock;
  #queue: Batch[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As a healthy disk again. */
  mend(): void {
    this.commitMs = commitMs;
  }

  commit(entries: readonly JournalEntry[], done: () => void): void {
    this.#queue.push({ entries, done });
    if (this.#queue.length === 1) this.#next();
  }

  #next(): void {
    const [batch] = this.#queue;
    if (!batch) return;
    this.#clock.after(this.commitMs, () => {
      // After a crash another batch, or none, stands first.
      if (this.#queue[0] !== batch) return;
      this.#queue.shift();
      for (const entry of batch.entries) this.durable.set(`${entry.table} ${entry.key}`, entry);
      batch.done();
      this.#next();
    });
  }

  get entries(): readonly JournalEntry[] {
    return [...this.durable.values()];
  }

  /** The power fails: the batch being written, and those behind it, never were. */
  crash(): void {
    this.#queue = [];
  }
}
