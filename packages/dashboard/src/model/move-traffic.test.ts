import { sampleMove } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { chartOf } from "./move-traffic.ts";

const traffic = { binMs: 10, fromMs: -10, bytes: [100, 0, 50], roundTripMs: [2.5, 0, 0] };

test("bytes of a bin are throughput, and a bin in which nothing was acknowledged has no round trip", () => {
  expect(chartOf(sampleMove(), traffic)).toMatchObject({
    times: [-10, 0, 10],
    bytesPerSecond: [10_000, 0, 5_000],
    roundTripMs: [2.5, null, null],
  });
});

test("a guest stands still from when its peers are suspended until it runs elsewhere, if it does", () => {
  const phases = { precopy: 100, suspended: 5, "peers-suspended": 5, stopped: 20, COMMITTED: 1, running: 4 };
  expect(chartOf(sampleMove({ phases }), traffic).pause).toEqual([110, 135]);
  const { running: _, ...undone } = phases;
  expect(chartOf(sampleMove({ phases: undone }), traffic).pause).toBe(null);
});
