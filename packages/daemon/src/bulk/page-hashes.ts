import { digestOf, firstGuestPage, hashWords, type PageHasher } from "./page-hasher.ts";

/**
 * The hashes of all of a guest's pages, taken again whenever pages are written. So the digest of a memory into which only
 * pages come needs no look at all of it, and none in the pause but at the last pages.
 */
export class PageHashes {
  readonly #hasher: PageHasher;
  readonly #hashes: Int32Array;
  /** By page: 1 when its hash is known. */
  readonly #known: Uint8Array;

  constructor(hasher: PageHasher) {
    this.#hasher = hasher;
    this.#hashes = new Int32Array((hasher.pages - firstGuestPage) * hashWords);
    this.#known = new Uint8Array(hasher.pages).fill(1, 0, firstGuestPage);
  }

  /** These have been written: what stands in memory now is what counts. */
  written(pages: readonly number[]): void {
    for (let i = 0; i < pages.length; ) {
      const first = pages[i] as number;
      let end = first + 1;
      for (i++; pages[i] === end; i++) end++;
      this.#look(first, end);
    }
  }

  /** Looks at the pages that have not been written. Not before many have: a page that is first read, then written, is made twice. */
  complete(): void {
    for (let first = this.#known.indexOf(0); first >= 0; first = this.#known.indexOf(0, first)) {
      const end = this.#known.indexOf(1, first);
      this.#look(first, end < 0 ? this.#known.length : end);
    }
  }

  /** As `PageHasher.digest` of the memory, when all that was written to it was told. */
  digest(): string {
    this.complete();
    return digestOf(this.#hashes);
  }

  #look(first: number, end: number): void {
    this.#hasher.hash(first, end - first, this.#hashes.subarray((first - firstGuestPage) * hashWords));
    this.#known.fill(1, first, end);
  }
}
