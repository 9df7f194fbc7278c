import { Random, VirtualClock } from "@nomad/base";
import { everything, type FaultRule, FaultRules } from "@nomad/wire";
import { expect, test } from "vitest";
import { FaultyFrames } from "./faulty-frames.ts";

/** What comes of frames 1, 2 and 3, the first suffering: first bytes and times. */
function outcome(rule: Pick<FaultRule, "kind" | "ms">): string[] {
  const clock = new VirtualClock();
  const rules = new FaultRules(new Random(1));
  rules.add({ ...everything, on: ["bulk"], timesMax: 1, ...rule });
  const seen: string[] = [];
  const note = (frame: Uint8Array) => seen.push(`${frame[0]} at ${clock.now()}`);
  const frames = new FaultyFrames({ rules, clock, random: new Random(1), from: "host-a", to: "host-b" }, note);
  for (const first of [1, 2, 3]) frames.take(Uint8Array.of(first));
  while (clock.step());
  return seen;
}

test("frames behind a delayed one wait for it; a reordered one is overtaken", () => {
  expect(outcome({ kind: "delay", ms: 5 })).toEqual(["1 at 5", "2 at 5", "3 at 5"]);
  expect(outcome({ kind: "reorder", ms: 5 })).toEqual(["2 at 0", "3 at 0", "1 at 5"]);
});

test("a frame is dropped, comes twice, or has an error in it", () => {
  expect(outcome({ kind: "drop", ms: 0 })).toEqual(["2 at 0", "3 at 0"]);
  expect(outcome({ kind: "duplicate", ms: 5 })).toEqual(["1 at 0", "2 at 0", "3 at 0", "1 at 5"]);
  expect(outcome({ kind: "corrupt", ms: 0 })).toEqual(["0 at 0", "2 at 0", "3 at 0"]);
});
