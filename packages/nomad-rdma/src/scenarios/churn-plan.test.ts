import { Random } from "@nomad/base";
import { expect, test } from "vitest";
import { bothEndsAreDue, churnGuests, churnMoves } from "./churn-plan.ts";
import { demoPairs } from "./demo-pairs.ts";

const hosts = ["host-a", "host-b", "host-c"];
const pairs = demoPairs(2);

test("each guest talks to its pair's other, and one of the two rewrites its memory", () => {
  const guests = churnGuests(pairs, hosts, { seed: 1, rate: 100 });
  expect(guests.map(({ name, host, arguments: a }) => [name, host, a?.peer, a?.dirty])).toEqual([
    ["alice", "host-a", "bob", "0"],
    ["bob", "host-b", "alice", "1"],
    ["carol", "host-c", "dave", "0"],
    ["dave", "host-a", "carol", "1"],
  ]);
});

test("only guests at rest are moved, and always elsewhere", () => {
  const resting = new Map([["bob", "host-b"]]);
  const random = new Random(1);
  for (let i = 0; i < 100; i++) {
    const moves = churnMoves(pairs, hosts, resting, { random, bothEnds: false });
    expect(moves).toHaveLength(1);
    expect(moves[0]?.guest).toBe("bob");
    expect(["host-a", "host-c"]).toContain(moves[0]?.to);
  }
  expect(churnMoves(pairs, hosts, new Map(), { random, bothEnds: false })).toEqual([]);
});

test("one in three is of both ends at once, and waits for a pair that rests", () => {
  const random = new Random(1);
  const resting = new Map(pairs.flat().map((name) => [name, "host-a"]));
  const asked: number[] = [];
  while (asked.length < 30)
    asked.push(churnMoves(pairs, hosts, resting, { random, bothEnds: bothEndsAreDue(asked) }).length);
  expect(asked.filter((guests) => guests === 2)).toHaveLength(10);
  resting.delete("alice");
  resting.delete("carol");
  expect(churnMoves(pairs, hosts, resting, { random, bothEnds: true })).toEqual([]);
});
