import {
  ASYNCIFY_STACK,
  ASYNCIFY_STACK_END,
  ASYNCIFY_STRUCT,
  MAILBOX_DATA,
  MAILBOX_DATA_BYTES,
  MAILBOX_DATA_BYTES_MAX,
  MAILBOX_DONE,
  MAILBOX_IDLE,
  MAILBOX_OPERATION,
  MAILBOX_POSTED,
  MAILBOX_SEQUENCE,
  MAILBOX_STATE,
  MAILBOX_STATUS,
  MAILBOX_WORDS,
  MAILBOX_WORDS_MAX,
  STOP_NONE,
  VMM_BELL,
  VMM_SHUTDOWN,
  VMM_STOP,
  VMM_WAIT_ADDRESS,
} from "@nomad/abi";
import type { Asyncify } from "./asyncify.ts";
import { guestClock } from "./clock.ts";

/** The longest single sleep of the guest's thread, ms: a wake-up that just missed it is made good this soon. */
const sleepMsMax = 250;

const WAIT_OK = 0;
const WAIT_NOT_EQUAL = 1;
const WAIT_TIMED_OUT = 2;

/**
 * What a guest may call: the imports of guest/assembly/nomad.ts, and `abort`. Each import that may unwind is entered
 * again by the rewind, with the arguments of the first time.
 */
export class GuestImports {
  readonly #asyncify: Asyncify;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #words: Int32Array;
  #shutdownSeen = false;

  constructor(memory: WebAssembly.Memory, asyncify: Asyncify) {
    this.#asyncify = asyncify;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
  }

  /** The import object of a guest's module. */
  imports(memory: WebAssembly.Memory): WebAssembly.Imports {
    return {
      env: { memory, abort: (...where: number[]) => this.#abort(where) },
      nomad: {
        safepoint: () => this.#safepoint(),
        wait: (address: number, expected: number, timeoutNs: bigint) => this.#wait(address >>> 0, expected, timeoutNs),
        clock: () => guestClock(this.#view),
        hypercall: (
          operation: number,
          sequence: number,
          words: number,
          wordCount: number,
          data: number,
          dataBytes: number,
        ) => this.#hypercall({ operation, sequence, words: words >>> 0, wordCount, data: data >>> 0, dataBytes }),
      },
    };
  }

  #safepoint(): void {
    this.#asyncify.endRewind();
    if (this.#stopRequested()) this.#unwind();
  }

  #wait(address: number, expected: number, timeoutNs: bigint): number {
    // After a rewind the world may be another one: the caller looks again at what it waited for.
    const rewound = this.#asyncify.endRewind();
    if (this.#stopRequested()) return this.#unwind();
    if (rewound) return WAIT_OK;
    if (address % 4 !== 0) throw new RangeError(`wait on ${address}, which is not a multiple of 4`);
    this.#check(address, 4);
    const deadlineMs = timeoutNs < 0n ? Number.POSITIVE_INFINITY : performance.now() + Number(timeoutNs) / 1e6;
    Atomics.store(this.#words, VMM_WAIT_ADDRESS / 4, address);
    const result = this.#waitUntil(address, expected, deadlineMs);
    Atomics.store(this.#words, VMM_WAIT_ADDRESS / 4, 0);
    return this.#stopRequested() ? this.#unwind() : result;
  }

  #waitUntil(address: number, expected: number, deadlineMs: number): number {
    for (;;) {
      if (this.#stopRequested() || this.#shutdownIsNew()) return WAIT_OK;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return WAIT_TIMED_OUT;
      const woken = Atomics.wait(this.#words, address / 4, expected, Math.min(leftMs, sleepMsMax));
      if (woken === "ok") return WAIT_OK;
      if (woken === "not-equal") return WAIT_NOT_EQUAL;
    }
  }

  #hypercall(call: Hypercall): number {
    this.#asyncify.endRewind();
    if (this.#stopRequested()) return this.#unwind();
    this.#check(call.words, (MAILBOX_WORDS_MAX + 1) * 4);
    this.#check(call.data, MAILBOX_DATA_BYTES_MAX);
    this.#post(call);
    while (Atomics.load(this.#words, MAILBOX_STATE / 4) !== MAILBOX_DONE) {
      if (this.#stopRequested()) return this.#unwind();
      Atomics.wait(this.#words, MAILBOX_STATE / 4, MAILBOX_POSTED, sleepMsMax);
    }
    return this.#take(call);
  }

  /** Puts the call into the mailbox, unless it is there since before a stop; rings in any case. */
  #post(call: Hypercall): void {
    const held = Atomics.load(this.#words, MAILBOX_STATE / 4) !== MAILBOX_IDLE;
    if (!held || this.#words[MAILBOX_SEQUENCE / 4] !== call.sequence) {
      const wordBytes = Math.min(call.wordCount >>> 0, MAILBOX_WORDS_MAX) * 4;
      const dataBytes = Math.min(call.dataBytes >>> 0, MAILBOX_DATA_BYTES_MAX);
      this.#words[MAILBOX_SEQUENCE / 4] = call.sequence;
      this.#words[MAILBOX_OPERATION / 4] = call.operation;
      this.#words[MAILBOX_DATA_BYTES / 4] = dataBytes;
      this.#bytes.fill(0, MAILBOX_WORDS, MAILBOX_WORDS + MAILBOX_WORDS_MAX * 4);
      this.#bytes.copyWithin(MAILBOX_WORDS, call.words, call.words + wordBytes);
      this.#bytes.copyWithin(MAILBOX_DATA, call.data, call.data + dataBytes);
      Atomics.store(this.#words, MAILBOX_STATE / 4, MAILBOX_POSTED);
    }
    Atomics.add(this.#words, VMM_BELL / 4, 1);
    Atomics.notify(this.#words, VMM_BELL / 4);
  }

  #take(call: Hypercall): number {
    const dataBytes = Math.min(this.#view.getUint32(MAILBOX_DATA_BYTES, true), MAILBOX_DATA_BYTES_MAX);
    this.#bytes.copyWithin(call.words, MAILBOX_WORDS, MAILBOX_WORDS + MAILBOX_WORDS_MAX * 4);
    this.#view.setUint32(call.words + MAILBOX_WORDS_MAX * 4, dataBytes, true);
    this.#bytes.copyWithin(call.data, MAILBOX_DATA, MAILBOX_DATA + dataBytes);
    const status = this.#view.getInt32(MAILBOX_STATUS, true);
    Atomics.store(this.#words, MAILBOX_STATE / 4, MAILBOX_IDLE);
    return status;
  }

  /** AssemblyScript's failed assertion: message, file, line, column. Strings are UTF-16, their bytes counted before them. */
  #abort([message = 0, file = 0, line = 0, column = 0]: number[]): never {
    throw new WebAssembly.RuntimeError(`${this.#string(message)} (${this.#string(file)}:${line}:${column})`);
  }

  #string(pointer: number): string {
    const start = pointer >>> 0;
    if (start < 4 || start > this.#bytes.length) return "?";
    const bytes = Math.min(this.#view.getUint32(start - 4, true), 1000);
    return new TextDecoder("utf-16le").decode(this.#bytes.slice(start, start + bytes));
  }

  #stopRequested(): boolean {
    return Atomics.load(this.#words, VMM_STOP / 4) !== STOP_NONE;
  }

  /** True once after a shutdown was requested, so that a sleeping program looks. */
  #shutdownIsNew(): boolean {
    if (this.#shutdownSeen || Atomics.load(this.#words, VMM_SHUTDOWN / 4) === 0) return false;
    this.#shutdownSeen = true;
    return true;
  }

  /** Starts to unwind; the value returned to the guest is never seen. */
  #unwind(): number {
    this.#view.setUint32(ASYNCIFY_STRUCT, ASYNCIFY_STACK, true);
    this.#view.setUint32(ASYNCIFY_STRUCT + 4, ASYNCIFY_STACK_END, true);
    this.#asyncify.startUnwind(ASYNCIFY_STRUCT);
    return 0;
  }

  #check(address: number, bytes: number): void {
    if (address + bytes > this.#bytes.length) throw new RangeError(`address ${address} is outside of memory`);
  }
}

interface Hypercall {
  readonly operation: number;
  readonly sequence: number;
  readonly words: number;
  readonly wordCount: number;
  readonly data: number;
  readonly dataBytes: number;
}
