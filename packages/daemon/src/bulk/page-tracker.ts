import { assert } from "@nomad/base";
import { hashWords } from "./page-hasher.ts";

/**
 * Which pages the other side does not have yet. It holds the hash of each page *as it was sent*: a guest that runs may
 * change a page at any time, so the hash of the page itself would say nothing about the bytes that went out.
 */
export class PageTracker {
  /** The first page tracked. */
  readonly first: number;
  /** Pages of the memory; tracked are those from `first` on. */
  readonly pages: number;
  readonly #sent: Int32Array;

  /** `zeroHash`: the hash of a page of zeros, which is what the other side's fresh memory holds. */
  constructor(first: number, pages: number, zeroHash: Int32Array) {
    assert(first < pages && zeroHash.length === hashWords, "there is a page to track, and the hash of one");
    this.first = first;
    this.pages = pages;
    this.#sent = new Int32Array((pages - first) * hashWords);
    for (let page = first; page < pages; page++) this.#sent.set(zeroHash, this.#at(page));
  }

  /** Numbers of those pages, of `count` from `first` on, whose hash in `hashes` is not that of the bytes sent last. */
  changed(first: number, count: number, hashes: Int32Array): number[] {
    assert(first >= this.first && first + count <= this.pages, "only tracked pages are asked for");
    const changed: number[] = [];
    for (let i = 0; i < count; i++) if (this.#differs(first + i, hashes, i * hashWords)) changed.push(first + i);
    return changed;
  }

  /** A copy of the page was sent whose hash stands at word `at` of `hashes`. */
  sent(page: number, hashes: Int32Array, at: number): void {
    assert(page >= this.first && page < this.pages, "only tracked pages are sent");
    const own = this.#at(page);
    for (let word = 0; word < hashWords; word++) this.#sent[own + word] = hashes[at + word] as number;
  }

  #differs(page: number, hashes: Int32Array, at: number): boolean {
    const own = this.#at(page);
    for (let word = 0; word < hashWords; word++) if (this.#sent[own + word] !== hashes[at + word]) return true;
    return false;
  }

  #at(page: number): number {
    return (page - this.first) * hashWords;
  }
}
