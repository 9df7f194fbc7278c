import { expect, test } from "vitest";
import { figureOf, figureTable, measurementOf } from "./index.ts";

const spec = { name: "a", unit: "us", floor: "b" } as const;
const samples = new Map([
  ["a", [10, 30, 20]],
  ["b", [8, 8, 8]],
]);

test("a figure is a median with its quartiles, beside its floor", () => {
  const figure = figureOf({ ...spec, better: "lower" }, samples);
  expect(figure).toMatchObject({ value: 20, spread: [15, 25], floor: 8, ratio: 2.5, ok: true });
});

test.each([
  ["lower", "ratio", 2.5, true],
  ["lower", "ratio", 2.4, false],
  ["higher", "ratio", 2.5, true],
  ["higher", "ratio", 2.6, false],
  ["lower", "value", 20, true],
  ["lower", "value", 19, false],
  ["higher", "value", 20, true],
  ["higher", "value", 21, false],
  ["lower", "interval", 3.75, true],
  ["lower", "interval", 3.7, false],
  ["higher", "interval", 1.25, true],
  ["higher", "interval", 1.3, false],
] as const)("%s is better: a goal of the %s of %d is reached: %s", (better, of, limit, ok) => {
  expect(figureOf({ ...spec, better, goal: { of, limit } }, samples)).toMatchObject({ goal: limit, goalOf: of, ok });
});

test("a figure without a floor has no ratio", () => {
  expect(figureOf({ ...spec, floor: "none", better: "higher" }, samples)).toMatchObject({ floor: 0, ratio: 0 });
});

test("a measurement has its figures and every sample", () => {
  const measurement = measurementOf([{ ...spec, better: "lower" }], samples);
  expect(measurement.figures.map(({ name }) => name)).toEqual(["a"]);
  expect(measurement.samples).toEqual({ a: [10, 30, 20], b: [8, 8, 8] });
});

test("a table shows goals that are missed, and intervals where ratios are paired", () => {
  const goal = { of: "interval", limit: 2 } as const;
  const table = figureTable([figureOf({ ...spec, better: "lower", goal }, samples)]);
  expect(table).toMatch(/a +20 us +8 us +2\.500 \(1\.25 to 3\.75\) +<= 2 x floor, whole interval +MISSED/);
});
