import type { LKey } from "@nomad/base";
import type { ProtectionDomain } from "./protection-domain.ts";
import type { Sge } from "./work-request.ts";

/** Bytes in a context's heap. */
export interface Range {
  readonly address: number;
  readonly length: number;
}

/** A registered memory region. */
export class MemoryRegion implements Disposable {
  readonly address: number;
  readonly length: number;
  readonly access: number;
  readonly lkey: number;
  readonly rkey: number;
  readonly #pd: ProtectionDomain;
  #freed = false;

  constructor(pd: ProtectionDomain, { address, length }: Range, access: number) {
    const { hca, heap } = pd.context;
    const region = hca.registerMemory({ pd: pd.handle, memory: heap.memory, address, length, access });
    this.#pd = pd;
    this.address = address;
    this.length = length;
    this.access = access;
    this.lkey = region.lkey;
    this.rkey = region.rkey;
  }

  /** A scatter-gather element of `length` bytes, from `offset` in the region; to its end when not given. */
  sge(offset = 0, length: number = this.length - offset): Sge {
    return { address: this.address + offset, length, lkey: this.lkey };
  }

  /** Both keys open nothing from now on. */
  dereg(): void {
    if (this.#freed || this.#pd.context.closed) return;
    this.#pd.context.hca.deregisterMemory(this.lkey as LKey);
    this.#freed = true;
  }

  [Symbol.dispose](): void {
    this.dereg();
  }
}
