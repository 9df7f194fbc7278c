import { expect, test } from "vitest";
import { kernelResult } from "./result.ts";

const quick = { verified: true, names: "virtual", seconds: 1, mops: 400 } as const;
const slow = { ...quick, seconds: 2, mops: 200 };
const physical = { ...quick, names: "physical", seconds: 0.8, mops: 500 } as const;
const move = { rank: 1, from: "host-a", to: "host-b", repetition: 2, iteration: 3, totalMs: 90, pausedMs: 9 };
const run = { kernel: "CG", class: "S", ranks: 2, endedWell: true, completed: [move], aborted: 0 } as const;

test("the speed is that of the repetitions in which moves completed, beside the first", () => {
  const result = kernelResult({ ...run, repetitions: [quick, slow, quick] });
  expect(result).toMatchObject({ moves: 1, verified: true, seconds: 2, mops: 200, repetitions: 3 });
  expect(result.withoutMoves).toEqual({ seconds: 1, mops: 400 });
});

test("one repetition with other results than the official ones spoils the whole", () => {
  expect(kernelResult({ ...run, repetitions: [quick, { ...slow, verified: false }] }).verified).toBe(false);
});

test("a run that failed, or that has no repetition, is not verified", () => {
  expect(kernelResult({ ...run, endedWell: false, repetitions: [quick] }).verified).toBe(false);
  expect(kernelResult({ ...run, repetitions: [], completed: [] })).toMatchObject({ verified: false, mops: 0 });
});

test("the speed without virtual names is that of the repetitions that had none", () => {
  const result = kernelResult({
    ...run,
    repetitions: [quick, physical, slow],
    completed: [{ ...move, repetition: 3 }],
  });
  expect(result).toMatchObject({ mops: 200, withoutMoves: { mops: 400 } });
  expect(result.withoutVirtualization).toEqual({ seconds: 0.8, mops: 500 });
});
