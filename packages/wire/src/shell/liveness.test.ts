import { timings } from "@nomad/base";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Liveness } from "./liveness.ts";

const ticksToSilence = timings.hostDeadMs / timings.heartbeatMs;
let pings = 0;
let silent = 0;
let liveness: Liveness;

beforeEach(() => {
  vi.useFakeTimers();
  [pings, silent] = [0, 0];
  liveness = new Liveness({ ping: () => pings++ }, () => silent++);
});
afterEach(() => {
  liveness.stop();
  vi.useRealTimers();
});

const pass = (heartbeats: number) => vi.advanceTimersByTime(heartbeats * timings.heartbeatMs);

test("a side that answers is never taken for silent", () => {
  for (let i = 0; i < 100; i++) {
    pass(1);
    liveness.heard();
  }
  expect({ pings, silent }).toEqual({ pings: 100, silent: 0 });
});

test("a side that says nothing is silent after the time in which a host is dead, and one heartbeat", () => {
  pass(ticksToSilence);
  expect(silent).toBe(0);
  pass(1);
  expect(silent).toBe(1);
});

test("one word starts the count anew", () => {
  pass(ticksToSilence);
  liveness.heard();
  pass(ticksToSilence);
  expect(silent).toBe(0);
});

test("when it is stopped it asks and tells nothing more", () => {
  liveness.stop();
  pass(10 * ticksToSilence);
  expect({ pings, silent }).toEqual({ pings: 0, silent: 0 });
});
