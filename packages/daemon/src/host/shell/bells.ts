import { VMM_BELL } from "@nomad/abi";
import type { DeviceMemory } from "@nomad/hca";

/** Listens to one guest's doorbells and hypercalls without blocking the event loop. */
export class Bell {
  readonly #words: Int32Array;
  readonly #onRing: () => void;
  #closed = false;

  constructor(memory: DeviceMemory, onRing: () => void) {
    this.#words = memory.words;
    this.#onRing = onRing;
    void this.#listen();
  }

  async #listen(): Promise<void> {
    const word = VMM_BELL >> 2;
    let heard = 0;
    while (!this.#closed) {
      const rung = Atomics.load(this.#words, word);
      if (rung !== heard) {
        heard = rung;
        this.#onRing();
        continue;
      }
      const waiting = Atomics.waitAsync(this.#words, word, heard);
      if (waiting.async) await waiting.value;
    }
  }

  close(): void {
    this.#closed = true;
    Atomics.notify(this.#words, VMM_BELL >> 2);
  }
}
