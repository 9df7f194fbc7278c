import { expect, test } from "vitest";
import { figureOf, interleave, median } from "./index.ts";

test("a median is the middle of the values, whatever their order", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBe(0);
});

const spec = { name: "a", unit: "us", floor: "b" } as const;
const samples = new Map([
  ["a", [10, 30, 20]],
  ["b", [8, 8, 8]],
]);

test("a figure is a median beside its floor", () => {
  expect(figureOf({ ...spec, better: "lower" }, samples)).toMatchObject({ value: 20, floor: 8, ratio: 2.5, ok: true });
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
] as const)("%s is better: a goal of the %s of %d is reached: %s", (better, of, limit, ok) => {
  expect(figureOf({ ...spec, better, goal: { of, limit } }, samples)).toMatchObject({ goal: limit, goalOf: of, ok });
});

test("a figure without a floor has no ratio", () => {
  expect(figureOf({ ...spec, floor: "none", better: "higher" }, samples)).toMatchObject({ floor: 0, ratio: 0 });
});

test("probes take turns in an order that rotates, and rounds that warm up are not counted", async () => {
  const order: string[] = [];
  const probe = (name: string, values: number[]) => async () => {
    order.push(name);
    return values.shift() ?? 0;
  };
  const taken = await interleave(
    new Map([
      ["x", probe("x", [9, 9, 1, 2])],
      ["y", probe("y", [9, 9, 3, 4])],
    ]),
    { warmUps: 2, rounds: 2 },
  );
  expect(order.join("")).toBe("xyyxxyyx");
  expect([...taken]).toEqual([
    ["x", [1, 2]],
    ["y", [3, 4]],
  ]);
});
