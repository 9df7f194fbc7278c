import { Random } from "@nomad/base";
import { expect, test } from "vitest";
import { readCoverage, readDocument, renderDocument } from "../shell/sources.ts";
import { coverageOf } from "./coverage.ts";
import { parseNames } from "./names.ts";
import { sampleOf } from "./sample.ts";
import { titlesIn } from "./titles.ts";

test("every test and every reason is of a name in the list, and no name has two", () => {
  const { entries, faults } = readCoverage();
  expect(faults).toEqual([]);
  expect(entries).toHaveLength(406);
});

test("docs/conformance.md is current: npm run conformance writes it", () => {
  expect(readDocument()).toBe(renderDocument());
});

const names = parseNames("## unit/a.cc\nATest.One\nATest.Two\n");

test("a name keeps the heading that it stands under", () => {
  expect(names).toEqual([
    { name: "ATest.One", group: "unit/a.cc" },
    { name: "ATest.Two", group: "unit/a.cc" },
  ]);
});

test("titles are found whoever is called with them, and those that need virtual time are marked", () => {
  const source =
    'test("ATest.One: it holds", run);\nvirtualTest(\n  `ATest.Two: it\'s so`, run); test("not one: it", run);';
  expect(titlesIn("a.test.ts", source)).toEqual([
    { name: "ATest.One", sentence: "it holds", file: "a.test.ts", virtual: false },
    { name: "ATest.Two", sentence: "it's so", file: "a.test.ts", virtual: true },
  ]);
});

test("a name twice, a name that is not in the list and a reason beside a test are faults", () => {
  const titles = titlesIn("a.test.ts", '"ATest.One: a" "ATest.One: b" "ATest.Three: c" "ATest.Two: d"');
  const { faults } = coverageOf(names, titles, { "ATest.Two": "threads", "ATest.Four": "pages" });
  expect(faults.map((fault) => fault.replace("a.test.ts: ", ""))).toEqual([
    "ATest.One has another test",
    "ATest.Three is not a name of the yardstick",
    "ATest.Two is said not to be applicable",
    "ATest.Four is not a name of the yardstick",
  ]);
});

test("a sample takes so many of each file, the same ones for the same seed", () => {
  const titles = ["a", "b"].flatMap((file) =>
    Array.from({ length: 9 }, (_, i) => ({ name: `${file}${i}`, sentence: "", file, virtual: false })),
  );
  const sample = sampleOf(titles, 3, new Random(1));
  expect(sample.map((name) => name[0])).toEqual(["a", "a", "a", "b", "b", "b"]);
  expect(new Set(sample).size).toBe(6);
  expect(sampleOf(titles, 3, new Random(1))).toEqual(sample);
  expect(sampleOf(titles, 20, new Random(1))).toHaveLength(18);
});
