import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PAGE_BYTES } from "@nomad/abi";
import { beforeEach, expect, test } from "vitest";
import { firstGuestPage, PageHasher } from "./page-hasher.ts";
import { PageHashes } from "./page-hashes.ts";

const file = createRequire(import.meta.url).resolve("@nomad/guest/images/page-hash.wasm");
const module = new WebAssembly.Module(readFileSync(file));
let bytes: Uint8Array;
let hasher: PageHasher;
let hashes: PageHashes;
let writes = 0;

beforeEach(() => {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  bytes = new Uint8Array(memory.buffer);
  write(firstGuestPage + 1);
  hasher = new PageHasher(module, memory);
  hashes = new PageHashes(hasher);
});

const write = (...pages: number[]) => {
  for (const page of pages) bytes[page * PAGE_BYTES + 7] = ++writes;
};

test("the digest is that of a look at all memory, of what stood there before and of all that was written since", () => {
  expect(hashes.digest()).toBe(hasher.digest());
  const [first, last] = [firstGuestPage, hasher.pages - 1];
  const groups = [
    [first],
    [first + 3, first + 4, first + 5],
    [last, last - 1, first + 4],
    [first + 9, first + 11, last],
  ];
  for (const pages of groups) {
    write(...pages);
    expect(hashes.digest()).not.toBe(hasher.digest());
    hashes.written(pages);
    expect(hashes.digest()).toBe(hasher.digest());
  }
});

test("once all is known, only what was told is looked at", () => {
  hashes.written([firstGuestPage + 1, firstGuestPage + 5]);
  hashes.complete();
  write(firstGuestPage + 2, firstGuestPage + 4);
  hashes.written([firstGuestPage + 2]);
  expect(hashes.digest()).not.toBe(hasher.digest());
  hashes.written([firstGuestPage + 4]);
  expect(hashes.digest()).toBe(hasher.digest());
});
