import {
  QUEUE_CONSUMER,
  QUEUE_PRODUCER,
  QUEUE_RECORD_BYTES,
  RECV_WQE_SGES,
  SEND_WQE_SGES,
  SGE_BYTES,
  WQE_ALIGN,
} from "@nomad/abi";
import { limits, NomadError } from "@nomad/base";
import type { DeviceMemory, RingLocation } from "./types.ts";

/** Bytes from one send work request to the next. */
export function sendStride(maxSge: number): number {
  return alignUp(SEND_WQE_SGES + maxSge * (SGE_BYTES + 4));
}

/** Bytes from one receive work request to the next. */
export function recvStride(maxSge: number): number {
  return alignUp(RECV_WQE_SGES + maxSge * (SGE_BYTES + 4));
}

/** A queue in device memory: its record of indices, and its slots. What stands there is the guest's and never trusted. */
export class Ring {
  readonly memory: DeviceMemory;
  readonly record: number;
  readonly entries: number;
  readonly stride: number;
  readonly #ring: number;
  readonly #mask: number;

  /** @throws NomadError E_VERB when the queue does not lie inside the memory, aligned, with a power of two of entries. */
  constructor(memory: DeviceMemory, location: RingLocation, stride: number) {
    const { record, ring, entries } = location;
    const powerOfTwo = Number.isInteger(entries) && entries >= 1 && (entries & (entries - 1)) === 0;
    if (!powerOfTwo || entries > limits.ringEntriesMax) {
      throw new NomadError(
        "E_VERB",
        `a queue of ${entries} entries: a power of two up to ${limits.ringEntriesMax} is needed`,
      );
    }
    checkRange(memory, record, QUEUE_RECORD_BYTES, WQE_ALIGN);
    checkRange(memory, ring, entries * stride, 8);
    this.memory = memory;
    this.record = record;
    this.entries = entries;
    this.stride = stride;
    this.#ring = ring;
    this.#mask = entries - 1;
  }

  /** Which of the slots entry `index` is in. */
  slot(index: number): number {
    return index & this.#mask;
  }

  /** Where entry `index` is in memory. */
  address(index: number): number {
    return this.#ring + (index & this.#mask) * this.stride;
  }

  /**
   * Becomes what another ring is, with its entries from `consumer` to `producer`.
   * @throws NomadError E_VERB when they do not fit.
   */
  takeOver(from: Ring, consumer: number, producer: number): void {
    const count = (producer - consumer) >>> 0;
    if (count > Math.min(this.entries, from.entries)) {
      throw new NomadError("E_VERB", `${count} entries do not fit into a queue of ${this.entries}`);
    }
    for (let i = 0; i < count; i++) {
      const at = from.address(consumer + i);
      this.memory.bytes.set(from.memory.bytes.subarray(at, at + this.stride), this.address(consumer + i));
    }
    for (let field = 0; field < QUEUE_RECORD_BYTES; field += 4) this.store(field, from.load(field));
    this.store(QUEUE_CONSUMER, consumer);
    this.store(QUEUE_PRODUCER, producer);
  }

  get producer(): number {
    return this.load(QUEUE_PRODUCER);
  }

  get consumer(): number {
    return this.load(QUEUE_CONSUMER);
  }

  /** A field of the record (QUEUE_*), as u32. */
  load(field: number): number {
    return Atomics.load(this.memory.words, (this.record + field) >>> 2) >>> 0;
  }

  store(field: number, value: number): void {
    Atomics.store(this.memory.words, (this.record + field) >>> 2, value | 0);
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / WQE_ALIGN) * WQE_ALIGN;
}

function checkRange(memory: DeviceMemory, at: number, bytes: number, alignment: number): void {
  if (!Number.isInteger(at) || at < 0 || at % alignment !== 0 || at + bytes > memory.bytes.length) {
    throw new NomadError("E_VERB", `a queue's memory of ${bytes} bytes at ${at} is outside the memory, or not aligned`);
  }
}
