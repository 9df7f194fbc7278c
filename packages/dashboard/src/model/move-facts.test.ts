import { moveRecord } from "@nomad/protocol/http";
import { expect, test } from "vitest";
import { factsOf } from "./move-facts.ts";

const none = { error: null, phases: {}, digestSource: "", digestDestination: "" };
const counts = {
  totalMs: 0,
  pausedMs: 0,
  rounds: 3,
  pages: 40,
  pagesWhileStopped: 2,
  memoryPages: 768,
  bytes: 163_840,
};
const underWay = moveRecord.parse({
  ...{ id: "1-1", guest: "alice", from: "host-a", to: "host-b", phase: "precopy", outcome: "" },
  ...none,
  ...counts,
  ...{ controlMessages: 8, held: 5 },
});
const facts = (move: object) => Object.fromEntries(factsOf({ ...underWay, ...move }));

test("of a move under way neither its times nor whether it converged are known", () => {
  expect(facts({})).toMatchObject({ outcome: "under way: precopy", copied: "160 KiB in 3 rounds" });
  expect(Object.keys(facts({}))).not.toEqual(expect.arrayContaining(["took"]));
  expect(Object.keys(facts({}))).not.toEqual(expect.arrayContaining(["converged"]));
});

test("of a move that has ended all is told", () => {
  const digests = { digestSource: "d", digestDestination: "d" };
  const ended = facts({ outcome: "released", totalMs: 320, pausedMs: 4.5, converged: true, ...digests });
  expect(ended).toMatchObject({
    took: "320 ms, of which the guest stood still 4.5 ms",
    held: "5 work requests, posted before the stop and completed after it",
    converged: "yes",
    memory: "the same at both ends",
  });
});

test("memory that differs, and an error, are said", () => {
  const error = { code: "E_DIGEST", message: "it differs" };
  expect(facts({ outcome: "aborted", digestSource: "d", digestDestination: "e", error })).toMatchObject({
    memory: "not the same at both ends",
    error: "E_DIGEST: it differs",
  });
});
