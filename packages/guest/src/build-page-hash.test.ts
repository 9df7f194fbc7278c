import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { buildPageHash } from "./build-page-hash.ts";

const pageBytes = 4096;
const u32 = (value: bigint) => BigInt.asUintN(32, value);
const u64 = (value: bigint) => BigInt.asUintN(64, value);

const sumsAtStart = [
  [0x6f1c93a54e8b27d1n, 0x2b97e4c8135fa06dn],
  [0x51d8a3f60b4c79e5n, 0x7ea2164b8df0c539n],
  [0x38c5f09e27b16ad3n, 0x4d61ba7390e8f25bn],
  [0x19f74e2ac8d5b063n, 0x65b30d9f1a7ce847n],
] as const;
const keysAtStart = [
  [0x9d2c5680n, 0x4f1bbcdcn, 0xe3779b97n, 0x85ebca77n],
  [0x27d4eb2fn, 0xb5297a4dn, 0x68e31da4n, 0x1b56c4e9n],
] as const;
const keySteps = [
  [0x61c88647n, 0x7feb352dn, 0x846ca68bn, 0x3c6ef373n],
  [0xc2b2ae3dn, 0x165667b1n, 0xa0761d65n, 0x78bd642fn],
] as const;
/** Per vector of a stripe: its key, and the sum to which its plain data is added. */
const keyOfVector = [0, 1, 1, 0] as const;
const sumOfData = [2, 3, 0, 1] as const;

/** The hash again, one number at a time. */
function referenceHash(page: Uint8Array): number[] {
  const view = new DataView(page.buffer, page.byteOffset, pageBytes);
  const sums = sumsAtStart.map((lanes) => [...lanes]) as bigint[][];
  const add = (sum: number, lane: number, value: bigint) => {
    const lanes = sums[sum] as bigint[];
    lanes[lane] = u64((lanes[lane] as bigint) + value);
  };
  for (let stripe = 0; stripe < 64; stripe++) {
    const keyed = keyOfVector.map((key, vector) =>
      [0, 1, 2, 3].map((lane) => {
        const word = BigInt(view.getUint32(stripe * 64 + vector * 16 + lane * 4, true));
        const start = keysAtStart[key][lane] as bigint;
        return word ^ u32(start + BigInt(stripe) * (keySteps[key][lane] as bigint));
      }),
    ) as [bigint[], bigint[], bigint[], bigint[]];
    for (const [vector, sum] of sumOfData.entries()) {
      for (const lane of [0, 1]) add(sum, lane, view.getBigUint64(stripe * 64 + vector * 16 + lane * 8, true));
    }
    for (const lane of [0, 1, 2, 3]) {
      add(lane >> 1, lane & 1, (keyed[0][lane] as bigint) * (keyed[1][lane] as bigint));
      add(2 + (lane >> 1), lane & 1, (keyed[2][lane] as bigint) * (keyed[3][lane] as bigint));
    }
    if (stripe % 8 !== 7) continue;
    for (const lanes of sums) {
      for (const [i, lane] of lanes.entries()) lanes[i] = u64((lane ^ (lane >> 29n)) * 0x2545f4914f6cdd1dn);
    }
  }
  const low = fold(sums.flat(), 0x9fb21c651e98df25n, 32n);
  const high = fold(sums.flat(), 0xd6e8feb86659fd93n, 29n);
  return [low, low >> 32n, high, high >> 32n].map((word) => Number(BigInt.asIntN(32, word)));
}

function fold(lanes: readonly bigint[], multiplier: bigint, shift: bigint): bigint {
  let hash = multiplier;
  for (const lane of [...lanes, 0n]) {
    const product = u64((hash ^ lane) * multiplier);
    hash = product ^ (product >> shift);
  }
  return hash;
}

describe("the page hash", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const pages = new Uint8Array(memory.buffer);
  let hash: (page: number) => number[];

  beforeAll(async () => {
    await buildPageHash();
    const wasm = await readFile(new URL("../images/page-hash.wasm", import.meta.url));
    pages.fill(0xa5);
    let words: number[] = [];
    const imports = { env: { memory }, "page-hash": { pageHashed: (...[, ...hashed]: number[]) => (words = hashed) } };
    const { instance } = await WebAssembly.instantiate(wasm, imports);
    const hashPages = instance.exports.hashPages as (first: number, count: number) => void;
    hash = (page) => {
      hashPages(page, 1);
      return words;
    };
  });

  test("writes nothing to the memory it is given", () => {
    hash(0);
    expect(pages.every((byte) => byte === 0xa5)).toBe(true);
  });

  test("is what its description says", () => {
    fc.assert(
      fc.property(fc.nat(15), fc.uint8Array({ minLength: pageBytes, maxLength: pageBytes }), (page, bytes) => {
        pages.set(bytes, page * pageBytes);
        expect(hash(page)).toEqual(referenceHash(bytes));
      }),
      { numRuns: 20 },
    );
  });

  /** Hashes of a page and of its variants, as text; there must be as many as variants. */
  function distinct(variants: Iterable<() => void>): { seen: number; made: number } {
    const seen = new Set<string>();
    let made = 0;
    for (const change of variants) {
      change();
      seen.add(hash(0).join());
      made++;
    }
    return { seen: seen.size, made };
  }

  test.each([
    ["zeros", () => 0],
    ["ones", () => 0xff],
    ["noise", (i: number) => (Math.imul(i, 0x9e3779b1) >>> 13) & 0xff],
  ])("tells every page of %s with one bit flipped from all others", (_, byteAt) => {
    const page = pages.subarray(0, pageBytes);
    for (const i of page.keys()) page[i] = byteAt(i);
    function* flips() {
      yield () => {};
      for (let bit = 0; bit < pageBytes * 8; bit++) {
        yield () => {
          if (bit > 0) page[(bit - 1) >> 3] = (page[(bit - 1) >> 3] as number) ^ (1 << ((bit - 1) & 7));
          page[bit >> 3] = (page[bit >> 3] as number) ^ (1 << (bit & 7));
        };
      }
    }
    const { seen, made } = distinct(flips());
    expect(seen).toBe(made);
  });

  test("tells where in a page of zeros a value stands, and where two do", () => {
    const words = new Uint32Array(memory.buffer, 0, pageBytes / 4);
    function* places() {
      for (let first = 0; first < words.length; first += 7) {
        for (let second = first + 1; second < words.length; second += 61) {
          yield () => {
            words.fill(0);
            words[first] = 0x8000_0000;
            words[second] = 0x8000_0000;
          };
        }
      }
    }
    const { seen, made } = distinct(places());
    expect(made).toBeGreaterThan(1000);
    expect(seen).toBe(made);
  });

  test("changes about half its bits when one bit of the page changes", () => {
    const page = pages.subarray(0, pageBytes);
    page.fill(0);
    const before = hash(0);
    const changed = new Array<number>(128).fill(0);
    for (let at = 0; at < pageBytes; at++) {
      page[at] = 1 << (at & 7);
      for (const [i, word] of hash(0).entries()) {
        for (let bit = 0; bit < 32; bit++) {
          changed[i * 32 + bit] = (changed[i * 32 + bit] as number) + (((word ^ (before[i] as number)) >>> bit) & 1);
        }
      }
      page[at] = 0;
    }
    for (const times of changed) expect(Math.abs(times / pageBytes - 0.5)).toBeLessThan(0.06);
  });
});
