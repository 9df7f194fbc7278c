import { Random } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hostNames } from "../lab/host-names.ts";
import { placesAfter, type TourOptions, tourPlan } from "./tour-plan.ts";

const options = (hosts: number, moves?: number, seed = 1): TourOptions => ({
  hosts: hostNames(hosts),
  tourist: "alice",
  companion: "bob",
  moves,
  random: new Random(seed),
});
const inWords = (o: TourOptions) => tourPlan(o).map(({ guest, to }) => `${guest} to ${to}`);

/** Where both are, at first and after each move. */
function places(o: TourOptions): { alice: string | undefined; bob: string | undefined }[] {
  const plan = tourPlan(o);
  return [0, ...plan.map((_, i) => i + 1)].map((count) => {
    const at = placesAfter(o, plan.slice(0, count));
    return { alice: at.get("alice"), bob: at.get("bob") };
  });
}

test("with three hosts the story takes five moves", () => {
  const story = ["alice to host-b", "alice to host-c", "alice to host-a", "bob to host-a", "bob to host-c"];
  expect(inWords(options(3))).toEqual(story);
});

test("one host is too few", () => {
  expect(() => tourPlan(options(1))).toThrow(expect.objectContaining({ code: "E_USAGE" }));
});

test("the number of moves asked for is the number planned", () => {
  const asked = fc.record({
    hosts: fc.integer({ min: 2, max: 8 }),
    moves: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(),
  });
  fc.assert(fc.property(asked, ({ hosts, moves, seed }) => tourPlan(options(hosts, moves, seed)).length === moves));
});

test("the tourist sees every host, both meet and part, and nobody moves to where they are", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(), fc.integer({ min: 0, max: 10 }), (hosts, seed, more) => {
      const o = () => options(hosts, more === 0 ? undefined : hosts + 2 + more, seed);
      const visited = places(o());
      expect(new Set(visited.map(({ alice }) => alice))).toEqual(new Set(hostNames(hosts)));
      const together = visited.map(({ alice, bob }) => alice === bob);
      expect(together.indexOf(true)).toBeGreaterThan(0);
      expect(together.indexOf(false, together.indexOf(true))).toBeGreaterThan(0);
      for (let i = 1; i < visited.length; i++) expect(visited[i]).not.toEqual(visited[i - 1]);
      expect(visited.length - 1).toBeGreaterThanOrEqual(5);
    }),
    { numRuns: 50 },
  );
});

test("the same seed gives the same plan, another seed another", () => {
  expect(inWords(options(4, 30, 7))).toEqual(inWords(options(4, 30, 7)));
  expect(inWords(options(4, 30, 7))).not.toEqual(inWords(options(4, 30, 8)));
});
