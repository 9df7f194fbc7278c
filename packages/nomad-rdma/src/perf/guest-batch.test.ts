import { casesOf } from "@nomad/measure/perf";
import { expect, test } from "vitest";
import { guestArguments, guestBatch } from "./guest-batch.ts";

test("both guests are told every case with its names", () => {
  const request = { test: "write-bw", transport: "UC", window: 8, bidirectional: true, iterations: 5 } as const;
  expect(guestArguments(casesOf({ ...request, size: 64, names: ["virtual", "physical"] }), 9)).toEqual({
    kind: "stream",
    operation: "write",
    transport: "UC",
    window: "8",
    bidirectional: "1",
    rounds: "9",
    cases: "64:5:virtual,64:5:physical",
  });
});

test("a line of a batch is told from others", () => {
  expect(guestBatch('batch {"case":1,"ms":2.5,"messages":10,"latency":null}')).toEqual({
    index: 1,
    outcome: { ms: 2.5, messages: 10, latency: null },
  });
  expect(guestBatch("something else")).toBeNull();
});
