import { sampleMove } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { barsOf } from "./timeline.ts";

test("phases stand one after the other and fill the bar", () => {
  const bars = barsOf(sampleMove({ phases: { planned: 10, prepared: 60, "peers-suspended": 20, running: 10 } }));
  expect(bars.map(({ phase }) => phase)).toEqual(["planned", "prepared", "peers-suspended", "running"]);
  expect(bars.map(({ from, width }) => [from, width])).toEqual([
    [0, 0.1],
    [0.1, 0.6],
    [0.7, 0.2],
    [0.8999999999999999, 0.1],
  ]);
  expect(bars.filter(({ paused }) => paused).map(({ phase }) => phase)).toEqual(["peers-suspended"]);
});

test("the phase that a move is in grows", () => {
  const move = sampleMove({ outcome: "", phase: "prepared", phases: { planned: 10 } });
  expect(barsOf(move, 30).map(({ ms }) => ms)).toEqual([10, 30]);
});

test("a move that has just been planned has no length", () => {
  expect(barsOf(sampleMove({ outcome: "", phase: "planned", phases: {} }))).toMatchObject([{ from: 0, width: 0 }]);
});
