import { assert, NomadError } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";

/** Every allocation starts at, and takes, a multiple of this: a queue record's alignment, and a cache line. */
const ALIGN = 64;

interface Gap {
  address: number;
  length: number;
}

/**
 * The memory that an adapter may read and write, and what is free of it. An address is an offset into the heap; none is 0.
 * First fit: programs allocate their queues and buffers once.
 */
export class Heap {
  readonly memory: DeviceMemory;
  /** By address; no two adjoin. */
  readonly #gaps: Gap[];

  constructor(bytes: number) {
    const buffer = new SharedArrayBuffer(alignUp(bytes));
    this.memory = { bytes: new Uint8Array(buffer), view: new DataView(buffer), words: new Int32Array(buffer) };
    this.#gaps = [{ address: ALIGN, length: buffer.byteLength - ALIGN }];
  }

  /** Zeroed memory of at least `bytes`, aligned to 64. @throws NomadError E_NO_MEMORY */
  allocate(bytes: number): number {
    const length = alignUp(Math.max(bytes, 1));
    const index = this.#gaps.findIndex((gap) => gap.length >= length);
    const gap = this.#gaps[index];
    if (gap === undefined) throw new NomadError("E_NO_MEMORY", `no ${bytes} bytes are free in the context's heap`);
    const { address } = gap;
    gap.address += length;
    gap.length -= length;
    if (gap.length === 0) this.#gaps.splice(index, 1);
    this.memory.bytes.fill(0, address, address + length);
    return address;
  }

  /** Gives back what `allocate(bytes)` gave. */
  free(address: number, bytes: number): void {
    const length = alignUp(Math.max(bytes, 1));
    let index = this.#gaps.findIndex((gap) => gap.address > address);
    if (index < 0) index = this.#gaps.length;
    const before = this.#gaps[index - 1];
    const after = this.#gaps[index];
    assert(before === undefined || before.address + before.length <= address, "memory is given back once");
    assert(after === undefined || address + length <= after.address, "memory is given back once");
    this.#gaps.splice(index, 0, { address, length });
    this.#join(index);
    if (index > 0) this.#join(index - 1);
  }

  /** Bytes that are free, not necessarily in one piece. */
  get freeBytes(): number {
    return this.#gaps.reduce((sum, gap) => sum + gap.length, 0);
  }

  #join(index: number): void {
    const gap = this.#gaps[index];
    const next = this.#gaps[index + 1];
    if (gap === undefined || next === undefined || gap.address + gap.length !== next.address) return;
    gap.length += next.length;
    this.#gaps.splice(index + 1, 1);
  }
}

/** A piece of the heap, which is its owner's until it is freed. */
export class HeapBlock implements Disposable {
  readonly address: number;
  readonly length: number;
  readonly #heap: Heap;
  #freed = false;

  /** @throws NomadError E_NO_MEMORY */
  constructor(heap: Heap, bytes: number) {
    this.#heap = heap;
    this.address = heap.allocate(bytes);
    this.length = bytes;
  }

  /** Gives the memory back. Deregister it first. */
  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    this.#heap.free(this.address, this.length);
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

/** Memory of a program's that its adapter can reach, once it is registered. */
export class HeapBuffer extends HeapBlock {
  /** The memory itself, shared with the adapter. */
  readonly bytes: Buffer;
  readonly view: DataView;

  constructor(heap: Heap, bytes: number) {
    super(heap, bytes);
    const { buffer } = heap.memory.bytes;
    this.bytes = Buffer.from(buffer, this.address, bytes);
    this.view = new DataView(buffer, this.address, bytes);
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}
