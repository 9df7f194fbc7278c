import type { Evaluation, LatencyBucket, MoveCell, MoveSample, NasRun, TimedMove } from "../evaluation.ts";

// A fixed evaluation, of round numbers.

const phases = {
  suspended: 1,
  "peers-suspended": 2,
  stopped: 30,
  bound: 4,
  COMMITTED: 1,
  running: 5,
  "peers-resumed": 1,
};

export function sampleMove(changes: Partial<MoveSample> = {}): MoveSample {
  const counts = {
    rounds: 3,
    pages: 5000,
    pagesWhileStopped: 100,
    bytes: 20_000_000,
    controlMessages: 24,
    held: 3,
    cut: 0,
  };
  return { totalMs: 600, pausedMs: 40, phases, ...counts, ...changes };
}

function cell(sweep: MoveCell["sweep"], value: number, pausedMs: readonly number[]): MoveCell {
  return { sweep, value, moves: pausedMs.map((ms) => sampleMove({ pausedMs: ms })), aborted: 0 };
}

/** A round trip takes 100 us, but for one that waited while the guest stood still from 500 to 540 ms. */
function buckets(): LatencyBucket[] {
  return Array.from({ length: 200 }, (_, i): LatencyBucket => {
    if (i >= 100 && i < 108) return [0, 0, 0];
    return i === 108 ? [40, 1100, 45_000] : [50, 100, 150];
  });
}

const moved: TimedMove = {
  ...sampleMove(),
  reachedMs: { prepared: 100, precopy: 490, suspended: 494, "peers-suspended": 498, stopped: 510, running: 540 },
};

export const sampleNas: NasRun = {
  kernel: "CG",
  class: "A",
  ranks: 4,
  verified: true,
  repetitions: [
    { names: "virtual", seconds: 9, mops: 333, moves: 0, counts: false },
    { names: "physical", seconds: 4, mops: 750, moves: 0, counts: true },
    { names: "virtual", seconds: 5, mops: 600, moves: 0, counts: true },
    { names: "virtual", seconds: 6, mops: 500, moves: 1, counts: true },
    { names: "virtual", seconds: 10, mops: 300, moves: 4, counts: true },
  ],
  moves: [{ rank: 2, from: "host-a", to: "host-b", repetition: 3, iteration: 7, totalMs: 800, pausedMs: 60 }],
  aborted: 0,
};

export const sampleEvaluation: Evaluation = {
  version: 1,
  extent: "quick",
  began: "2026-01-01T00:00:00.000Z",
  seconds: 300,
  seed: 7,
  release: "0.1.0",
  machine: {
    processor: "A processor",
    cores: 2,
    memoryBytes: 8 * 2 ** 30,
    system: "Linux 6.0.0 x64",
    node: "v26.0.0",
    load: 0.1,
  },
  loadAtEnd: 2,
  virtualization: [
    { test: "send-lat", bytes: 64, unit: "us", better: "lower", virtual: [101, 102, 103], physical: [100, 100, 100] },
    {
      test: "write-bw",
      bytes: 65_536,
      unit: "MB/s",
      better: "higher",
      virtual: [90, 90, 90],
      physical: [100, 100, 100],
    },
  ],
  latency: { messageBytes: 64, bucketMs: 5, buckets: buckets(), moves: [moved] },
  moves: [
    cell("idle", 1, [40, 41, 42]),
    cell("idle", 4096, [200, 210, 220]),
    cell("active", 1, [40, 41, 42]),
    cell("active", 256, [60, 61, 62]),
    cell("memory", 64, [40]),
    { ...cell("dirty", 16, [90]), aborted: 1 },
    cell("peers", 4, [50]),
  ],
  nas: [sampleNas],
};
