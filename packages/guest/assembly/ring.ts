// A queue in the guest's own memory: its record of indices, and its ring of entries (abi's work.ts).
import { QUEUE_CONSUMER, QUEUE_PRODUCER, QUEUE_RECORD_BYTES, SGE_BYTES, WQE_ALIGN } from "../../abi/src/work.ts";
import { argument } from "./hypercall.ts";
import { allocate } from "./memory.ts";

@final
export class Ring {
  readonly record: u32;
  readonly ring: u32;

  /** `entries` is a power of two; `stride` a multiple of 64 bytes. */
  constructor(
    public readonly entries: u32,
    public readonly stride: u32,
  ) {
    this.record = allocate(QUEUE_RECORD_BYTES);
    this.ring = allocate(entries * stride);
  }

  get producer(): u32 {
    return atomic.load<u32>(this.record + QUEUE_PRODUCER);
  }

  /** The entries before it must have been written: the adapter may read them from here on. */
  set producer(value: u32) {
    atomic.store<u32>(this.record + QUEUE_PRODUCER, value);
  }

  get consumer(): u32 {
    return atomic.load<u32>(this.record + QUEUE_CONSUMER);
  }

  set consumer(value: u32) {
    atomic.store<u32>(this.record + QUEUE_CONSUMER, value);
  }

  /** Address of entry `index`. */
  slot(index: u32): u32 {
    return this.ring + (index & (this.entries - 1)) * this.stride;
  }
}

/** Adds where the queue is to the hypercall that is being put together. */
export function addRing(ring: Ring): void {
  argument(ring.record);
  argument(ring.ring);
  argument(ring.entries);
}

/** Bytes from one work request to the next: a header, the elements, and a v-lkey for each. */
export function workRequestStride(headerBytes: u32, maxSge: u32): u32 {
  return (headerBytes + maxSge * (SGE_BYTES + 4) + WQE_ALIGN - 1) & ~(WQE_ALIGN - 1);
}

/** The power of two from `entries` up. */
export function ringEntries(entries: u32): u32 {
  let size: u32 = 1;
  while (size < entries) size <<= 1;
  return size;
}
