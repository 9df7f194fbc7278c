import { expect, test } from "vitest";
import { risePerMinute } from "./trend.ts";

const series = (value: (minute: number) => number) =>
  Array.from({ length: 60 }, (_, i) => ({ at: 10_000 * i, value: value(i / 6) }));

test("what stays rises by nothing, however it wavers", () => {
  expect(risePerMinute(series(() => 500))).toBe(0);
  expect(Math.abs(risePerMinute(series((minute) => 500 + 50 * Math.sin(40 * minute))))).toBeLessThan(0.002);
});

test("what grows by a hundredth of its mean in a minute is told so, and what falls is told with a minus", () => {
  expect(risePerMinute(series((minute) => 1000 + 10 * minute))).toBeCloseTo(0.0095, 3);
  expect(risePerMinute(series((minute) => 1000 - 10 * minute))).toBeLessThan(-0.009);
});
