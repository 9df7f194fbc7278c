import { sampleMove } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { barsOf } from "./timeline.ts";

test("phases stand one after the other and fill the bar", () => {
  const bars = barsOf(sampleMove({ phases: { planned: 10, precopy: 60, "peers-suspended": 20, running: 10 } }));
  expect(bars.map(({ phase }) => phase)).toEqual(["planned", "precopy", "peers-suspended", "running"]);
  expect(bars.map(({ from, width }) => [from, width])).toEqual([
    [0, 0.1],
    [0.1, 0.6],
    [0.7, 0.2],
    [0.8999999999999999, 0.1],
  ]);
  expect(bars.filter(({ paused }) => paused).map(({ phase }) => phase)).toEqual(["running"]);
});

test("the way to the next phase grows", () => {
  const move = sampleMove({ outcome: "", phase: "prepared", phases: { planned: 1, prepared: 10 } });
  expect(barsOf(move, 30).map(({ phase, ms }) => [phase, ms])).toEqual([
    ["planned", 1],
    ["prepared", 10],
    ["precopy", 30],
  ]);
});

test("what is orange is as long as the pause", () => {
  const phases = { precopy: 900, suspended: 7, "peers-suspended": 20, stopped: 4, bound: 3, COMMITTED: 2, running: 1 };
  const bars = barsOf(sampleMove({ phases: { ...phases, "peers-resumed": 8 }, pausedMs: 10 }));
  expect(bars.filter(({ paused }) => paused).reduce((sum, { ms }) => sum + ms, 0)).toBe(10);
});

test("a move that has just been planned has no length", () => {
  expect(barsOf(sampleMove({ outcome: "", phase: "planned", phases: {} }))).toMatchObject([
    { phase: "prepared", from: 0, width: 0 },
  ]);
});
