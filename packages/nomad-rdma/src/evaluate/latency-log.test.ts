import type { LabEvent } from "@nomad/protocol/http";
import { sampleMove } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { LatencyLog } from "./latency-log.ts";

const line = (text: string, time: number): LabEvent => ({
  type: "log",
  guest: "alice",
  host: "host-a",
  line: text,
  time,
});
const phase = (name: string): LabEvent => ({ type: "move", move: sampleMove({ id: "1", guest: "bob", phase: name }) });

test("phases are told on the time axis of the round trips, each when it was first heard of", () => {
  let now = 5000;
  const log = new LatencyLog("alice", () => now);
  log.take(line("alice: began", 4000));
  log.take(phase("stopped"));
  now = 5040;
  log.take(phase("stopped"));
  log.take(phase("running"));
  const move = log.timed(sampleMove({ id: "1", guest: "bob", pausedMs: 40 }));
  expect(move).toMatchObject({ pausedMs: 40, reachedMs: { stopped: 1000, running: 1040 } });
});

test("lines of a series are one after the other; what others print is not ours", () => {
  const log = new LatencyLog("alice", () => 0);
  log.take(line('series {"first":0,"bucketUs":5000,"buckets":[[1,90,100]]}', 1));
  log.take(line('series {"first":1,"bucketUs":5000,"buckets":[[0,0,0],[2,80,85]]}', 2));
  log.take({ type: "log", guest: "bob", host: "host-b", line: 'series {"buckets":[]}', time: 3 });
  expect(log.bucketMs).toBe(5);
  expect(log.buckets).toEqual([
    [1, 90, 100],
    [0, 0, 0],
    [2, 80, 85],
  ]);
});
