import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { outcomesDocument } from "./document.ts";
import { cells, faults, nameOf, participants, phases } from "./outcomes.ts";
import { named, sample } from "./sample.ts";

test("the matrix has a cell for each participant, phase and fault that strikes one of its kind", () => {
  for (const [participant, kind] of Object.entries(participants)) {
    for (const [fault, strikes] of Object.entries(faults)) {
      const own = cells.filter((cell) => cell.participant === participant && cell.fault === fault);
      expect(own.map(({ phase }) => phase)).toEqual(kind === strikes ? phases : []);
    }
  }
  expect(new Set(cells.map(nameOf)).size).toBe(cells.length);
});

test("docs/outcomes.md is made from the table", () => {
  const path = new URL("../../docs/outcomes.md", import.meta.url);
  expect(readFileSync(path, "utf8"), "npm run crash-matrix -- --document").toBe(outcomesDocument());
});

test("a sample is of as many different cells as asked for, the same ones for the same seed", () => {
  const names = (seed: number) => sample(40, seed).map(nameOf);
  expect(new Set(names(1)).size).toBe(40);
  expect(names(1)).toEqual(names(1));
  expect(names(1)).not.toEqual(names(2));
  expect(sample(undefined, 1)).toEqual(cells);
});

test("cells are named from the left", () => {
  expect(named("source/stopped/kill")).toHaveLength(1);
  expect(named("source/stopped")).toHaveLength(3);
  expect(named("source").every(({ participant }) => participant === "source")).toBe(true);
  expect(named("sour")).toEqual([]);
});
