import fc from "fast-check";
import { expect, test } from "vitest";
import { psn, psnAdd, psnDiff, psnDistance } from "./psn.ts";

const psns = fc.integer({ min: 0, max: 2 ** 24 - 1 }).map(psn);
const halves = fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 });

test("the difference of two PSNs undoes an addition, across the wrap", () => {
  fc.assert(
    fc.property(psns, halves, (a, n) => {
      expect(psnDiff(psnAdd(a, n), a)).toBe(n);
    }),
  );
});

test("the distance between PSNs counts the steps forward", () => {
  fc.assert(
    fc.property(psns, psns, (a, b) => {
      expect(psnAdd(a, psnDistance(a, b))).toBe(b);
    }),
  );
  expect(psnDistance(psn(0xffffff), psn(1))).toBe(2);
});

test("of two PSNs half the space apart or less, one is before the other", () => {
  expect(psnDiff(psn(0), psn(0xffffff))).toBe(1);
  expect(psnDiff(psn(0xffffff), psn(0))).toBe(-1);
  expect(psnDiff(psn(0x800000), psn(0))).toBe(-(2 ** 23));
});
