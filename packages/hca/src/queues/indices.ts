import { QUEUE_CONSUMER, QUEUE_PRODUCER } from "@nomad/abi";
import { assert } from "@nomad/base";
import type { DeviceMemory, RingLocation } from "../types.ts";

/** Indices of one queue: where its next entry is, and how many are outstanding. */
export class Indices {
  readonly memory: DeviceMemory;
  readonly location: RingLocation;
  readonly #stride: number;
  /** Of the entry that is open. */
  #producer = 0;

  constructor(memory: DeviceMemory, location: RingLocation, stride: number) {
    this.memory = memory;
    this.location = location;
    this.#stride = stride;
  }

  load(field: number): number {
    return Atomics.load(this.memory.words, (this.location.record + field) >>> 2) >>> 0;
  }

  store(field: number, value: number): void {
    Atomics.store(this.memory.words, (this.location.record + field) >>> 2, value | 0);
  }

  get used(): number {
    return (this.load(QUEUE_PRODUCER) - this.load(QUEUE_CONSUMER)) >>> 0;
  }

  slot(index: number): number {
    return this.location.ring + (index & (this.location.entries - 1)) * this.#stride;
  }

  /** Where to write the next entry; `publish` it afterwards. */
  open(): number {
    this.#producer = this.load(QUEUE_PRODUCER);
    const used = (this.#producer - this.load(QUEUE_CONSUMER)) >>> 0;
    assert(used < this.location.entries, "a program posts no more work requests than the queue has room for");
    return this.slot(this.#producer);
  }

  publish(): void {
    this.store(QUEUE_PRODUCER, this.#producer + 1);
  }
}
