import { expect, test } from "vitest";
import { describeMutant, mutantNames, plant, planted } from "./mutants.ts";

test("no fault is planted unless a test says so", () => {
  expect(Object.values(planted).some((there) => there)).toBe(false);
});

test("a fault that is planted is gone when its scope ends, and leaves the others alone", () => {
  const [name, other] = mutantNames as [(typeof mutantNames)[0], (typeof mutantNames)[0]];
  {
    using _ = plant(name);
    expect([planted[name], planted[other]]).toEqual([true, false]);
  }
  expect(planted[name]).toBe(false);
});

test("there are at least twenty, each said in words of its own", () => {
  expect(new Set(mutantNames.map(describeMutant)).size).toBe(mutantNames.length);
  expect(mutantNames.length).toBeGreaterThanOrEqual(20);
});
