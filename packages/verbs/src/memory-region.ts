import { type LKey, NomadError } from "@nomad/base";
import type { ProtectionDomain } from "./protection-domain.ts";
import type { Sge } from "./work-request.ts";

/** Bytes in a context's heap. */
export interface Range {
  readonly address: number;
  readonly length: number;
}

/** What `rereg` changes; what is left out stays. */
export interface RegionChange {
  readonly pd?: ProtectionDomain;
  readonly range?: Range;
  /** Of `access`. */
  readonly access?: number;
}

/** A registered memory region. */
export class MemoryRegion implements Disposable {
  readonly lkey: number;
  readonly rkey: number;
  #pd: ProtectionDomain;
  #range: Range;
  #access: number;
  #freed = false;

  constructor(pd: ProtectionDomain, { address, length }: Range, access: number) {
    const { hca, heap } = pd.context;
    const region = hca.registerMemory({ pd: pd.handle, memory: heap.memory, address, length, access });
    this.#pd = pd;
    this.#range = { address, length };
    this.#access = access;
    this.lkey = region.lkey;
    this.rkey = region.rkey;
  }

  get pd(): ProtectionDomain {
    return this.#pd;
  }

  get address(): number {
    return this.#range.address;
  }

  get length(): number {
    return this.#range.length;
  }

  get access(): number {
    return this.#access;
  }

  /**
   * Changes the region under its keys (ibv_rereg_mr).
   * @throws NomadError E_VERB as `regMr`, and for a range of no bytes; E_BUSY while windows are bound to it. Nothing has changed then.
   */
  rereg({ pd = this.#pd, range = this.#range, access = this.#access }: RegionChange): void {
    const { address, length } = range;
    if (range !== this.#range && length === 0) throw new NomadError("E_VERB", "a region does not move to no bytes");
    this.#pd.context.hca.reregisterMemory(this.lkey as LKey, { pd: pd.handle, address, length, access });
    this.#pd = pd;
    this.#range = { address, length };
    this.#access = access;
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
