import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

const takenAt = (limit: RateLimit, now: number) => {
  let taken = 0;
  while (limit.take(now)) taken++;
  return taken;
};

test("so many at once, and as many again as the time allows", () => {
  const limit = new RateLimit(100, 0);
  expect(takenAt(limit, 0)).toBe(100);
  expect(takenAt(limit, 250)).toBe(25);
  expect(takenAt(limit, 60_000)).toBe(100);
});
