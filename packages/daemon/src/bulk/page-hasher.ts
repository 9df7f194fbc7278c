import { createHash } from "node:crypto";
import { PAGE_BYTES, VMM_PAGE_BYTES } from "@nomad/abi";

/** 32-bit words of one page's hash. */
export const hashWords = 4;

/** The first page that is a guest's own: those before are the VMM's, different at each host. */
export const firstGuestPage = VMM_PAGE_BYTES / PAGE_BYTES;

/** Hashes of memory, page by page, by the wasm module `page-hash.wasm`. It only reads the memory. */
export class PageHasher {
  readonly pages: number;
  readonly #hashPages: (first: number, count: number) => void;
  #into: Int32Array = new Int32Array(0);
  #base = 0;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory) {
    this.pages = memory.buffer.byteLength / PAGE_BYTES;
    const pageHashed = (page: number, a: number, b: number, c: number, d: number) => {
      const at = (page - this.#base) * hashWords;
      this.#into[at] = a;
      this.#into[at + 1] = b;
      this.#into[at + 2] = c;
      this.#into[at + 3] = d;
    };
    const instance = new WebAssembly.Instance(module, { env: { memory }, "page-hash": { pageHashed } });
    this.#hashPages = instance.exports.hashPages as (first: number, count: number) => void;
  }

  /** Writes the hashes of `count` pages, from page `first` on, to the start of `into`. */
  hash(first: number, count: number, into: Int32Array): void {
    this.#into = into;
    this.#base = first;
    this.#hashPages(first, count);
  }

  /** Digest of the guest's whole memory as it is now. */
  digest(): string {
    const hashes = new Int32Array((this.pages - firstGuestPage) * hashWords);
    this.hash(firstGuestPage, this.pages - firstGuestPage, hashes);
    return digestOf(hashes);
  }
}

/** SHA-256 over the hashes of all of a guest's pages, hexadecimal. */
export function digestOf(hashes: Int32Array): string {
  return createHash("sha256").update(hashes).digest("hex");
}
