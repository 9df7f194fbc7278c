import { expect, test } from "vitest";
import { frameTimes } from "./frames.ts";

test("frames are told by the time from one to the next", () => {
  const steady = Array.from({ length: 100 }, (_, i) => 16 * i);
  const late = [...steady, 99 * 16 + 50];
  expect(frameTimes(late)).toEqual({
    ...{ frames: 100, smoothPercent: 99, medianMs: 16, p95Ms: 16, p99Ms: 16, longestMs: 50 },
  });
});

test("of a page that draws nothing, nothing is smooth", () => {
  expect(frameTimes([5])).toMatchObject({ frames: 0, smoothPercent: 0 });
});
