import { Random } from "@nomad/base";
import { expect, test } from "vitest";
import { hashWords } from "./page-hasher.ts";
import { PageTracker } from "./page-tracker.ts";

const zero = Int32Array.of(9, 9, 9, 9);
const hashesOf = (...hashes: number[]) => Int32Array.from(hashes.flatMap((hash) => [hash, 9, 9, 9]));

test("of fresh memory only pages that are not zero have changed", () => {
  const tracker = new PageTracker(16, 20, zero);
  expect(tracker.changed(16, 4, hashesOf(9, 1, 9, 2))).toEqual([17, 19]);
});

test("a page that was sent has changed only when its hash is another", () => {
  const tracker = new PageTracker(16, 20, zero);
  tracker.sent(18, hashesOf(7, 8), hashWords);
  expect(tracker.changed(16, 4, hashesOf(9, 9, 8, 9))).toEqual([]);
  expect(tracker.changed(18, 1, hashesOf(7))).toEqual([18]);
});

test("a page that becomes zero again is sent again", () => {
  const tracker = new PageTracker(0, 1, zero);
  tracker.sent(0, hashesOf(1), 0);
  expect(tracker.changed(0, 1, zero)).toEqual([0]);
});

test.each([0, 1, 2, 3])("word %i of a hash counts", (word) => {
  const tracker = new PageTracker(0, 1, zero);
  const hash = Int32Array.from(zero);
  hash[word] = 1;
  expect(tracker.changed(0, 1, hash)).toEqual([0]);
});

test("a page that changes between the scan and the copy is found in the next round", () => {
  const tracker = new PageTracker(0, 2, zero);
  // The scan sees 1; the copy that is sent holds 2; then the page becomes 1 again.
  expect(tracker.changed(0, 1, hashesOf(1))).toEqual([0]);
  tracker.sent(0, hashesOf(2), 0);
  expect(tracker.changed(0, 1, hashesOf(1))).toEqual([0]);
});

test("whatever a guest does, after a last round on still memory the other side has it all", () => {
  const random = new Random(11);
  const pages = 50;
  for (let run = 0; run < 200; run++) {
    const tracker = new PageTracker(0, pages, zero);
    const memory = new Array<number>(pages).fill(9);
    const other = [...memory];
    const dirty = () => {
      for (let i = random.between(0, 5); i > 0; i--) memory[random.between(0, pages - 1)] = random.between(8, 12);
    };
    for (let round = 0; round < 5; round++) {
      const final = round === 4;
      if (!final) dirty();
      for (const page of tracker.changed(0, pages, hashesOf(...memory))) {
        if (!final) dirty();
        const copy = memory[page] as number;
        other[page] = copy;
        tracker.sent(page, hashesOf(copy), 0);
      }
    }
    expect(other).toEqual(memory);
  }
});
