import { sampleMove } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { KernelLog } from "./kernel-log.ts";

const at = (repetition: number, iteration: number, timed = true) => ({ repetition, iteration, timed, results: [] });
const results = Array.from({ length: 4 }, () => ({ verified: true, names: "virtual" as const, seconds: 2, mops: 100 }));

test("a repetition counts by the moves that began and ended in it, but for the first", () => {
  const log = new KernelLog();
  log.take(0, sampleMove({ outcome: "released" }), at(2, 3), at(2, 7));
  log.take(1, sampleMove({ outcome: "released" }), at(2, 8), at(2, 9));
  expect(log.moves).toMatchObject([
    { rank: 0, repetition: 2, iteration: 7 },
    { rank: 1, repetition: 2, iteration: 9 },
  ]);
  expect(log.repetitions(results).map(({ moves, counts }) => [moves, counts])).toEqual([
    [0, false],
    [2, true],
    [0, true],
    [0, true],
  ]);
});

test("a move over the edge of a repetition spoils both; one that was undone, its own", () => {
  const log = new KernelLog();
  log.take(0, sampleMove({ outcome: "released" }), at(2, 14), at(3, 1));
  log.take(0, sampleMove({ outcome: "aborted" }), at(4, 2), at(4, 3));
  expect(log.repetitions(results).map(({ counts }) => counts)).toEqual([false, false, false, false]);
  expect(log).toMatchObject({ moves: [], aborted: 1 });
});

test("a move that ends when the clock has stopped is not in the repetition", () => {
  const log = new KernelLog();
  log.take(0, sampleMove({ outcome: "released" }), at(2, 15), at(2, 15, false));
  expect(log.repetitions(results)[1]).toMatchObject({ moves: 0, counts: false });
});
