import {
  EAGAIN,
  HC_LOG,
  MAILBOX_DATA,
  MAILBOX_DATA_BYTES,
  MAILBOX_DONE,
  MAILBOX_OPERATION,
  MAILBOX_POSTED,
  MAILBOX_SEQUENCE,
  MAILBOX_STATE,
  MAILBOX_STATUS,
  VMM_BELL,
} from "@nomad/abi";

/** Answers hypercalls of a guest's memory: collects what it logs, refuses the rest with -EAGAIN. */
export class FakeBackEnd {
  readonly lines: string[] = [];
  /** Sequence numbers in the order they were first seen. */
  readonly sequences: number[] = [];
  /** While false, calls stay unanswered. */
  answering = true;
  /** Resolves when a call has been left unanswered. */
  readonly unanswered = Promise.withResolvers<void>();
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #open = true;

  constructor(memory: SharedArrayBuffer, lastSequence = 0) {
    this.#words = new Int32Array(memory);
    this.#bytes = new Uint8Array(memory);
    if (lastSequence > 0) this.sequences.push(lastSequence);
    void this.#serve();
  }

  close(): void {
    this.#open = false;
    Atomics.notify(this.#words, VMM_BELL / 4);
  }

  /** Looks at the mailbox now; also called by tests that have turned `answering` on. */
  look(): void {
    if (Atomics.load(this.#words, MAILBOX_STATE / 4) !== MAILBOX_POSTED) return;
    if (!this.answering) {
      this.unanswered.resolve();
      return;
    }
    this.#words[MAILBOX_STATUS / 4] = this.#answer();
    Atomics.store(this.#words, MAILBOX_STATE / 4, MAILBOX_DONE);
    Atomics.notify(this.#words, MAILBOX_STATE / 4);
  }

  #answer(): number {
    const sequence = this.#words[MAILBOX_SEQUENCE / 4] ?? 0;
    const repeated = this.sequences.includes(sequence);
    if (!repeated) this.sequences.push(sequence);
    if (this.#words[MAILBOX_OPERATION / 4] !== HC_LOG) return -EAGAIN;
    const bytes = this.#words[MAILBOX_DATA_BYTES / 4] ?? 0;
    if (!repeated) this.lines.push(new TextDecoder().decode(this.#bytes.slice(MAILBOX_DATA, MAILBOX_DATA + bytes)));
    return 0;
  }

  async #serve(): Promise<void> {
    while (this.#open) {
      const bell = Atomics.load(this.#words, VMM_BELL / 4);
      this.look();
      await Atomics.waitAsync(this.#words, VMM_BELL / 4, bell).value;
    }
  }
}
