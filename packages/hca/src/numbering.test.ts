import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import type { Names } from "./numbering.ts";
import { Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

/** Numbers and keys of three queue pairs with a region each, on two adapters. */
function namesOf(names: Names) {
  const fabric = new Fabric({ crc32, names });
  const of = (lid: number) => {
    const adapter = fabric.add(lid);
    const ends = [1, 2, 3].map(() => new Endpoint(adapter));
    return { qpns: ends.map((e) => e.qpn), keys: ends.flatMap((e) => [e.region.lkey, e.region.rkey]) };
  };
  return [of(1), of(2)] as const;
}

const common = (a: readonly number[], b: readonly number[]) => a.filter((name) => b.includes(name));

test("adapters whose names clash give the same numbers and keys", () => {
  const [a, b] = namesOf("clash");
  expect(a).toEqual(b);
});

test("adapters whose names are apart have none in common", () => {
  const [a, b] = namesOf("apart");
  expect([common(a.qpns, b.qpns), common(a.keys, b.keys)]).toEqual([[], []]);
});

test("numbers are random unless told otherwise", () => {
  const [a, b] = namesOf("random");
  expect(a.qpns).not.toEqual(b.qpns);
});

test.each(["random", "clash", "apart"] as const)("with %s names, lkeys and rkeys of one adapter differ", (names) => {
  const [{ keys }] = namesOf(names);
  expect(new Set(keys).size).toBe(keys.length);
});
