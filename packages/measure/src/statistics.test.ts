import { expect, test } from "vitest";
import { median, pairedRatio, percentile, summaryOf } from "./index.ts";

test("a median is the middle of the values, whatever their order", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBe(0);
});

test("a percentile between two samples lies between them by its distance", () => {
  expect(percentile([10, 20, 30, 40, 50], 99)).toBeCloseTo(49.6);
  expect(percentile([10, 20, 30, 40, 50], 0)).toBe(10);
  expect(percentile([10, 20, 30, 40, 50], 100)).toBe(50);
  expect(percentile([7], 99.9)).toBe(7);
});

test("a summary tells the spread of samples in any order", () => {
  expect(summaryOf([5, 1, 4, 2, 3])).toMatchObject({ count: 5, min: 1, p25: 2, median: 3, p75: 4, max: 5 });
});

test("a paired ratio is not moved by what disturbs both sides of a round", () => {
  const others = [10, 10, 200, 10, 30, 10, 10, 90];
  const { ratio, interval } = pairedRatio(
    others.map((value) => value * 1.25),
    others,
  );
  expect(ratio).toBeCloseTo(1.25);
  expect(interval[0]).toBeCloseTo(1.25);
  expect(interval[1]).toBeCloseTo(1.25);
});

test("the interval of a paired ratio holds its median, widens with the noise, and is the same for the same samples", () => {
  const others = Array.from({ length: 40 }, () => 100);
  const noisy = (noise: number) => others.map((value, i) => value * (1.02 + noise * Math.sin(i * 37)));
  const [little, much] = [pairedRatio(noisy(0.01), others), pairedRatio(noisy(0.2), others)];
  for (const { ratio, interval } of [little, much]) {
    expect(interval[0]).toBeLessThanOrEqual(ratio);
    expect(interval[1]).toBeGreaterThanOrEqual(ratio);
  }
  expect(much.interval[1] - much.interval[0]).toBeGreaterThan(little.interval[1] - little.interval[0]);
  expect(pairedRatio(noisy(0.2), others)).toEqual(much);
});
