import { assert, limits } from "@nomad/base";
import type { Numbering } from "./numbering.ts";

/** Keys are an index and eight random bits, so that a stale key hits nothing even when its index is used again. */
const VARIANT_BITS = 8;
const VARIANT_MASK = 0xff;
const INDEX_MAX = 2 ** 24 - 1;

/** What keys open, by index. The variants of lkeys are even and those of rkeys odd: one never stands for the other. */
export class KeyTable<Entry> {
  readonly #variants: Numbering["keyVariants"];
  readonly #first: number;
  readonly #entries: (Entry | null)[] = [null];
  /** The last variants of each index: of an lkey, and of an rkey. */
  readonly #local: number[] = [0];
  readonly #remote: number[] = [1];
  /** Indices given back, oldest first. */
  readonly #free: number[] = [];

  constructor({ keyVariants, firstKeyIndex }: Numbering) {
    this.#variants = keyVariants;
    this.#first = firstKeyIndex;
  }

  /** What has the key's index; whether the key is whole is the caller's to check. */
  at(key: number): Entry | null {
    return this.#entries[(key >>> VARIANT_BITS) - this.#first] ?? null;
  }

  set(index: number, entry: Entry): void {
    this.#entries[index] = entry;
  }

  /** Puts another entry where this key leads. */
  replace(key: number, entry: Entry): void {
    this.#entries[(key >>> VARIANT_BITS) - this.#first] = entry;
  }

  takeIndex(): number {
    // The oldest index first, and only when there are a few, so that none is used again soon.
    if (this.#free.length > limits.sgesMax) return this.#free.shift() as number;
    const index = this.#entries.length;
    assert(this.#first + index <= INDEX_MAX, "an adapter has fewer than 2^24 keys");
    this.#entries.push(null);
    this.#local.push(2 * this.#variants.between(0, 127));
    this.#remote.push(2 * this.#variants.between(0, 127) + 1);
    return index;
  }

  release(key: number): void {
    const index = (key >>> VARIANT_BITS) - this.#first;
    this.#entries[index] = null;
    this.#free.push(index);
  }

  /** An lkey and an rkey, each other than the last of this index. */
  newKeys(index: number): readonly [lkey: number, rkey: number] {
    const named = this.#first + index;
    return [keyOf(named, this.#next(this.#local, index)), keyOf(named, this.#next(this.#remote, index))];
  }

  #next(variants: number[], index: number): number {
    const variant = ((variants[index] as number) + 2 * this.#variants.between(1, 127)) & VARIANT_MASK;
    variants[index] = variant;
    return variant;
  }
}

function keyOf(index: number, variant: number): number {
  return ((index << VARIANT_BITS) | variant) >>> 0;
}
