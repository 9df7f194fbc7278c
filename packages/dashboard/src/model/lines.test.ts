import { expect, test } from "vitest";
import { labelledLinesMax, linesOf, singleLinesMax } from "./lines.ts";
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

test("a few connections are a line each with its rate, broken ones are marked and say why", () => {
  expect(linesOf([connection("a1", "b1"), connection("a1", "b2", "WR_FLUSH_ERR")], hostOf, nobody)).toEqual([
    { from: "guest a1", to: "guest b1", broken: false, width: 4, label: "977 KiB/s" },
    { from: "guest a1", to: "guest b2", broken: true, width: 4, label: "WR_FLUSH_ERR" },
  ]);
});

test("many connections between two hosts are one line, as wide as all of them together", () => {
  const bundle = { from: "host host-a", to: "host host-b", broken: false, width: 5, label: "" };
  expect(linesOf(many, hostOf, nobody)).toEqual([bundle]);
});

test("among many connections those of a guest that is singled out are shown, and broken ones", () => {
  const lines = linesOf([...many, connection("a1", "b7", "WR_FLUSH_ERR")], hostOf, new Set(["b3"]));
  expect(lines.slice(1).map(({ from, to, broken }) => ({ from, to, broken }))).toEqual([
    { from: "guest a3", to: "guest b3", broken: false },
    { from: "guest a1", to: "guest b7", broken: true },
  ]);
});

test("labels that would lie on each other are left out", () => {
  const labels = linesOf(many.slice(0, labelledLinesMax + 1), hostOf, nobody).map(({ label }) => label);
  expect(new Set(labels)).toEqual(new Set([""]));
});

test("many connections within one host need no line, nor does one to a guest that is nowhere", () => {
  const within = many.map(({ a }) => connection(a, `${a}x`));
  expect(linesOf(within, hostOf, nobody)).toEqual([]);
  expect(linesOf(many, () => undefined, nobody)).toEqual([]);
});
