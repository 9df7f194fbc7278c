import { expect, test } from "vitest";
import { verdictOn } from "./convergence.ts";

const rounds = (...pages: number[]) => pages.map((n) => ({ pages: n }));
const o = { roundsLeft: 30, timeIsUp: false };

test.each([
  ["nothing has been sent", rounds(), "again"],
  ["the first round carries everything and tells nothing", rounds(8192), "again"],
  ["little is dirty after the first round", rounds(8192, 10), "converged"],
  ["much is dirty after the first round", rounds(8192, 4000), "again"],
  ["rounds get smaller", rounds(8192, 4000, 1500), "again"],
  ["rounds no longer get smaller", rounds(8192, 4000, 3900), "diverged"],
])("%s", (_what, sizes, verdict) => {
  expect(verdictOn(sizes, o)).toBe(verdict);
});

test("rounds and time are bounded", () => {
  const shrinking = rounds(8192, 4000, 1500);
  expect(verdictOn(shrinking, { roundsLeft: 0, timeIsUp: false })).toBe("diverged");
  expect(verdictOn(shrinking, { roundsLeft: 27, timeIsUp: true })).toBe("diverged");
});
