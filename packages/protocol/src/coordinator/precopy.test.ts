import { expect, test } from "vitest";
import { converged } from "./precopy.ts";

const rounds = (...pages: number[]) => pages.map((n) => ({ pages: n }));
const o = { roundsMax: 30, timeIsUp: false };

test.each([
  ["nothing has been sent", rounds(), "again"],
  ["the first round carries everything and tells nothing", rounds(8192), "again"],
  ["little is dirty after the first round", rounds(8192, 10), "converged"],
  ["much is dirty after the first round", rounds(8192, 4000), "again"],
  ["rounds get smaller", rounds(8192, 4000, 1500), "again"],
  ["rounds no longer get smaller", rounds(8192, 4000, 3900), "converged"],
])("%s", (_what, sizes, verdict) => {
  expect(converged(sizes, o)).toBe(verdict);
});

test("rounds and time are bounded", () => {
  const shrinking = rounds(8192, 4000, 1500);
  expect(converged(shrinking, { roundsMax: 3, timeIsUp: false })).toBe("given-up");
  expect(converged(shrinking, { roundsMax: 30, timeIsUp: true })).toBe("given-up");
});
