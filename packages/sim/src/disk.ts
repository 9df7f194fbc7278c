import type { Clock, Random } from "@nomad/base";
import type { JournalEntry } from "@nomad/protocol";

/** How long a commit takes, ms. */
const commitMs = 0.3;

interface Batch {
  readonly entries: readonly JournalEntry[];
  readonly done: () => void;
}

/**
 * The disk of central's journal. Batches are committed one after another, each wholly or not at all: of a torn write the
 * journal makes one or the other. What nobody had begun to write when the power fails is gone.
 */
export class Disk {
  /** What a restarted central finds: by table and key. */
  readonly durable = new Map<string, JournalEntry>();
  commitMs = commitMs;
  readonly #clock: Clock;
  /** Decides what becomes of a write that is torn. */
  readonly #random: Random;
  #queue: Batch[] = [];
  #powerFails: (() => void) | null = null;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
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
    this.#tear(batch);
    this.#clock.after(this.commitMs, () => {
      // After a crash another batch, or none, stands first.
      if (this.#queue[0] !== batch) return;
      this.#queue.shift();
      this.#keep(batch);
      batch.done();
      this.#next();
    });
  }

  #keep({ entries }: Batch): void {
    for (const entry of entries) this.durable.set(`${entry.table} ${entry.key}`, entry);
  }

  /** The power fails in the middle of the next write, unless it is taken back before. */
  tearNext(powerFails: () => void): () => void {
    this.#powerFails = powerFails;
    return () => {
      if (this.#powerFails === powerFails) this.#powerFails = null;
    };
  }

  #tear(batch: Batch): void {
    const powerFails = this.#powerFails;
    if (!powerFails) return;
    this.#clock.after(this.commitMs / 2, () => {
      if (this.#queue[0] !== batch || this.#powerFails !== powerFails) return;
      this.#powerFails = null;
      powerFails();
    });
  }

  get entries(): readonly JournalEntry[] {
    return [...this.durable.values()];
  }

  /** The power fails: the batch being written is there though nobody was told, or never was; nor were those behind it. */
  crash(): void {
    const [torn] = this.#queue;
    this.#queue = [];
    if (torn && this.#random.chance(0.5)) this.#keep(torn);
  }
}
