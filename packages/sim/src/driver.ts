import {
  DOORBELL_PRODUCER,
  DOORBELL_RING,
  DOORBELL_SLOTS,
  EAGAIN,
  HC_LOOKUP,
  HC_PUBLISH,
  HC_REPORT,
  MAILBOX_DATA,
  MAILBOX_DATA_BYTES,
  MAILBOX_DONE,
  MAILBOX_IDLE,
  MAILBOX_OPERATION,
  MAILBOX_POSTED,
  MAILBOX_SEQUENCE,
  MAILBOX_STATE,
  MAILBOX_STATUS,
  MAILBOX_WORDS,
  MAILBOX_WORDS_MAX,
} from "@nomad/abi";
import type { Machine } from "./guest.ts";

export interface CallResult {
  readonly status: number;
  readonly words: readonly number[];
  readonly data: Uint8Array;
}

/** The front-end of a simulated guest: hypercalls that survive a move, as the guests' own driver makes them. */
export class Driver {
  readonly #machine: Machine;
  readonly #lookupRestMs: number;
  #sequence = 0;

  /** `lookupRestMs`: how long it rests before it looks up again what nobody has published yet. */
  constructor(machine: Machine, lookupRestMs = 0) {
    this.#machine = machine;
    this.#lookupRestMs = lookupRestMs;
  }

  *call(operation: number, words: readonly number[] = [], data = new Uint8Array()): Generator<undefined, CallResult> {
    this.#sequence++;
    const { memory } = this.#machine;
    const state = MAILBOX_STATE >> 2;
    const answered = () =>
      Atomics.load(memory.words, state) === MAILBOX_DONE &&
      memory.view.getUint32(MAILBOX_SEQUENCE, true) === this.#sequence;
    while (!answered()) {
      // After a move the mailbox is a new one: ask again, under the same number.
      if (Atomics.load(memory.words, state) !== MAILBOX_POSTED) this.#post(operation, words, data);
      yield;
    }
    Atomics.store(memory.words, state, MAILBOX_IDLE);
    return this.#result();
  }

  #post(operation: number, words: readonly number[], data: Uint8Array): void {
    const { memory } = this.#machine;
    const { view, bytes } = memory;
    view.setUint32(MAILBOX_SEQUENCE, this.#sequence, true);
    view.setUint32(MAILBOX_OPERATION, operation, true);
    for (let i = 0; i < MAILBOX_WORDS_MAX; i++) view.setUint32(MAILBOX_WORDS + 4 * i, words[i] ?? 0, true);
    view.setUint32(MAILBOX_DATA_BYTES, data.length, true);
    bytes.set(data, MAILBOX_DATA);
    Atomics.store(memory.words, MAILBOX_STATE >> 2, MAILBOX_POSTED);
    this.#machine.bell();
  }

  #result(): CallResult {
    const { view, bytes } = this.#machine.memory;
    const words = Array.from({ length: MAILBOX_WORDS_MAX }, (_, i) => view.getUint32(MAILBOX_WORDS + 4 * i, true));
    const length = view.getUint32(MAILBOX_DATA_BYTES, true);
    return {
      status: view.getInt32(MAILBOX_STATUS, true),
      words,
      data: bytes.slice(MAILBOX_DATA, MAILBOX_DATA + length),
    };
  }

  /** As `call`; a refusal is an error of the program's. The result's words. */
  *must(operation: number, ...words: readonly number[]): Generator<undefined, readonly number[]> {
    const result = yield* this.call(operation, words);
    if (result.status !== 0) throw new Error(`hypercall ${operation} failed with errno ${-result.status}`);
    return result.words;
  }

  /** Tell the adapter that there is work in this queue pair's send queue. */
  ring(vqpn: number): void {
    const { words } = this.#machine.memory;
    const producer = Atomics.load(words, DOORBELL_PRODUCER >> 2) >>> 0;
    Atomics.store(words, (DOORBELL_RING >> 2) + (producer % DOORBELL_SLOTS), vqpn);
    Atomics.store(words, DOORBELL_PRODUCER >> 2, producer + 1);
    this.#machine.bell();
  }

  *publish(key: string, value: string): Generator<undefined, void> {
    yield* this.call(HC_PUBLISH, [], new TextEncoder().encode(`${key}\n${value}`));
  }

  /** What another guest has published; waits until it has. */
  *lookup(key: string): Generator<number | undefined, string> {
    for (;;) {
      const { status, data } = yield* this.call(HC_LOOKUP, [], new TextEncoder().encode(key));
      if (status === 0) return new TextDecoder().decode(data);
      if (status !== -EAGAIN) throw new Error(`lookup of ${key} failed with errno ${-status}`);
      if (this.#lookupRestMs > 0) yield this.#lookupRestMs;
    }
  }

  *report(report: object): Generator<undefined, void> {
    yield* this.call(HC_REPORT, [], new TextEncoder().encode(JSON.stringify(report)));
  }
}
