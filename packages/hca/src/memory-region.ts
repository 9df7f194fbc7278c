import { ACCESS_LOCAL_WRITE, ACCESS_REMOTE_ATOMIC, ACCESS_REMOTE_WRITE } from "@nomad/abi";
import { assert, type LKey, limits, NomadError, type Random, type RKey } from "@nomad/base";
import type { DeviceMemory, MemoryRegion } from "./types.ts";

export interface RegionInit {
  readonly pd: number;
  readonly memory: DeviceMemory;
  readonly address: number;
  /** Zero is allowed: such a region has keys and gives access to nothing. */
  readonly length: number;
  /** ACCESS_* flags. */
  readonly access: number;
}

/** A registered region and the memory it is in. */
export interface Region extends MemoryRegion {
  readonly memory: DeviceMemory;
}

/** Keys are an index and eight random bits, so that a stale key hits nothing even when its index is used again. */
const VARIANT_BITS = 8;
const INDEX_MAX = 2 ** 24 - 1;

/** Protection domains and the regions in them. */
export class MemoryRegions {
  /** Raised whenever a key is lost; what was looked up under another generation must be looked up again. */
  generation = 0;
  readonly #random: Random;
  readonly #table: (Region | null)[] = [null];
  readonly #variants: number[] = [0];
  /** Indices given back, oldest first. */
  readonly #free: number[] = [];
  readonly #references = new Map<number, number>();
  #nextPd = 1;

  constructor(random: Random) {
    this.#random = random;
  }

  allocPd(): number {
    const pd = this.#nextPd++;
    this.#references.set(pd, 0);
    return pd;
  }

  /** @throws NomadError E_BUSY while a region or queue pair is in it. */
  deallocPd(pd: number): void {
    const references = this.#referencesOf(pd);
    if (references > 0) throw new NomadError("E_BUSY", `protection domain ${pd} is in use ${references} times`);
    this.#references.delete(pd);
  }

  /** A queue pair enters (1) or leaves (-1) the domain. */
  refer(pd: number, change: 1 | -1): void {
    this.#references.set(pd, this.#referencesOf(pd) + change);
  }

  /** @throws NomadError E_VERB when the range or the access flags are wrong. */
  register(init: RegionInit): MemoryRegion {
    const { pd, memory, address, length, access } = init;
    const inside = Number.isInteger(address) && Number.isInteger(length) && address >= 0 && length >= 0;
    if (!inside || address + length > memory.bytes.length) {
      throw new NomadError("E_VERB", `a region of ${length} bytes at ${address} is outside the memory`);
    }
    const remoteChange = ACCESS_REMOTE_WRITE | ACCESS_REMOTE_ATOMIC;
    if ((access & remoteChange) !== 0 && (access & ACCESS_LOCAL_WRITE) === 0) {
      throw new NomadError("E_VERB", "remote write and atomic access need local write access");
    }
    const index = this.#takeIndex();
    this.refer(pd, 1);
    const key = this.#newKey(index);
    const region: Region = { lkey: key as LKey, rkey: key as RKey, pd, memory, address, length, access };
    this.#table[index] = region;
    return region;
  }

  /** @throws NomadError E_VERB when there is no such region. */
  deregister(lkey: LKey): void {
    const index = lkey >>> VARIANT_BITS;
    const region = this.#table[index];
    if (!region || region.lkey !== lkey) throw new NomadError("E_VERB", `no memory region has lkey ${lkey}`);
    this.#table[index] = null;
    this.#free.push(index);
    this.refer(region.pd, -1);
    this.generation++;
  }

  /** The region that this key opens, in this domain, for this range and access; null when any of it does not hold. */
  lookup(key: number, pd: number, address: number, length: number, access: number): Region | null {
    const region = this.#table[key >>> VARIANT_BITS];
    if (!region || region.lkey !== key || region.pd !== pd) return null;
    if ((region.access & access) !== access) return null;
    const offset = address - region.address;
    return offset >= 0 && length <= region.length - offset ? region : null;
  }

  #referencesOf(pd: number): number {
    const references = this.#references.get(pd);
    if (references === undefined) throw new NomadError("E_VERB", `no protection domain ${pd}`);
    return references;
  }

  #takeIndex(): number {
    // The oldest index first, and only when there are a few, so that none is used again soon.
    if (this.#free.length > limits.sgesMax) return this.#free.shift() as number;
    const index = this.#table.length;
    assert(index <= INDEX_MAX, "an adapter has fewer than 2^24 memory regions");
    this.#table.push(null);
    this.#variants.push(this.#random.between(0, 255));
    return index;
  }

  #newKey(index: number): number {
    const variant = ((this.#variants[index] as number) + this.#random.between(1, 255)) & 0xff;
    this.#variants[index] = variant;
    return ((index << VARIANT_BITS) | variant) >>> 0;
  }
}
