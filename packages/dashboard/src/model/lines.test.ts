import { expect, test } from "vitest";
import { linesOf, singleLinesMax } from "./lines.ts";
import type { Connection } from "./rates.ts";

const connection = (a: string, b: string, status = "ok"): Connection => ({
  ...{ a, b, status },
  bytesPerSecond: 1_000_000,
  messagesPerSecond: 0,
});
const nobody: ReadonlySet<string> = new Set();
/** Guests a1, a2, ... are on host-a, guests b1, b2, ... on host-b. */
const hostOf = (guest: string) => `host-${guest[0]}`;
const many = Array.from({ length: singleLinesMax + 1 }, (_, i) => connection(`a${i}`, `b${i}`));

test("a few connections are a line each, broken ones are marked", () => {
  expect(linesOf([connection("a1", "b1"), connection("a1", "b2", "WR_FLUSH_ERR")], hostOf, nobody)).toEqual([
    { from: "guest a1", to: "guest b1", broken: false, width: 4 },
    { from: "guest a1", to: "guest b2", broken: true, width: 4 },
  ]);
});

test("many connections between two hosts are one line, as wide as all of them together", () => {
  expect(linesOf(many, hostOf, nobody)).toEqual([{ from: "host host-a", to: "host host-b", broken: false, width: 5 }]);
});

test("among many connections those of a guest that is singled out are shown, and broken ones", () => {
  const lines = linesOf([...many, connection("a1", "b7", "WR_FLUSH_ERR")], hostOf, new Set(["b3"]));
  expect(lines.slice(1).map(({ from, to, broken }) => ({ from, to, broken }))).toEqual([
    { from: "guest a3", to: "guest b3", broken: false },
    { from: "guest a1", to: "guest b7", broken: true },
  ]);
});

test("many connections within one host need no line, nor does one to a guest that is nowhere", () => {
  const within = many.map(({ a }) => connection(a, `${a}x`));
  expect(linesOf(within, hostOf, nobody)).toEqual([]);
  expect(linesOf(many, () => undefined, nobody)).toEqual([]);
});
