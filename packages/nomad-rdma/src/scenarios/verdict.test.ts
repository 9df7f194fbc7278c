import { sampleConnection, sampleGuest, sampleMove, sampleReport } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { connectionsBroken, guestsLost, type RunRecord } from "./run-record.ts";
import { failures } from "./verdict.ts";

const exited = { state: "exited", exitCode: 0 } as const;

function goodRun(difference: Partial<RunRecord> = {}): RunRecord {
  return {
    processes: [],
    planned: [{ guest: "alice", to: "host-b" }],
    moves: [sampleMove()],
    guests: [sampleGuest("alice", exited), sampleGuest("bob", exited)],
    reports: [sampleReport("alice", "bob"), sampleReport("bob", "alice")],
    alwaysHeld: true,
    dirtying: ["bob"],
    troubles: [],
    ...difference,
  };
}

const connection = (difference: Parameters<typeof sampleConnection>[1]) => ({
  reports: [
    sampleReport("alice", "bob", { connections: [sampleConnection("bob", difference)] }),
    sampleReport("bob", "alice"),
  ],
});

test("a run that shows everything has no failures", () => {
  expect(failures(goodRun())).toEqual([]);
});

const move = "move 1 (alice, host-a to host-b): expected";
const alice = "alice's connection with bob: expected";

test.each<[string, Partial<RunRecord>, string]>([
  [
    "an aborted move",
    { moves: [sampleMove({ outcome: "aborted", error: { code: "E_DIGEST", message: "page 7 differs" }, held: 0 })] },
    `${move} released, got aborted E_DIGEST page 7 differs`,
  ],
  [
    "a move that never ended",
    { moves: [sampleMove({ outcome: "", phase: "bound" })] },
    `${move} released, got still bound`,
  ],
  [
    "memory that differs",
    { moves: [sampleMove({ digestDestination: "cd34" })] },
    `${move} equal digests of both sides' memory, got ab12 and cd34`,
  ],
  [
    "memory that nobody hashed",
    { moves: [sampleMove({ digestSource: "", digestDestination: "" })] },
    `${move} equal digests of both sides' memory, got none and none`,
  ],
  ["nothing held", { moves: [sampleMove({ held: 0 })] }, `${move} at least 1 work request held over the move, got 0`],
  [
    "too much sent while stopped",
    { moves: [sampleMove({ pagesWhileStopped: 200, memoryPages: 1000 })] },
    `${move} under 20 % of memory sent while stopped, got 200 of 1000 pages`,
  ],
  [
    "one round for a guest that dirties its memory",
    { moves: [sampleMove({ guest: "bob", rounds: 1 })] },
    "move 1 (bob, host-a to host-b): expected at least 2 rounds for a guest that dirties its memory, got 1",
  ],
  ["a move not made", { moves: [] }, "the run: expected every planned move made, got 0 of 1"],
  ["a trouble on the way", { troubles: ["traffic did not go on"] }, "traffic did not go on"],
  [
    "a guest with an exit code",
    { guests: [sampleGuest("alice", { state: "failed", exitCode: 1 }), sampleGuest("bob", exited)] },
    "alice: expected a clean end, got failed with exit code 1",
  ],
  ["a guest without a report", { reports: [sampleReport("bob", "alice")] }, "alice: expected a report, got none"],
  [
    "a guest that did not verify",
    { reports: [sampleReport("alice", "bob", { verified: false }), sampleReport("bob", "alice")] },
    "alice: expected a workload verified by the guest, got not verified",
  ],
  [
    "an atomic executed twice",
    {
      reports: [sampleReport("alice", "bob", { atomics: { expected: 50, actual: 51 } }), sampleReport("bob", "alice")],
    },
    "alice: expected as many atomics as were asked for, got 51 of 50",
  ],
  ["a message lost", connection({ lost: 1 }), `${alice} nothing lost, got 1`],
  ["a message doubled", connection({ duplicated: 1 }), `${alice} nothing duplicated, got 1`],
  ["a message out of order", connection({ reordered: 1 }), `${alice} nothing reordered, got 1`],
  ["a message corrupted", connection({ corrupted: 1 }), `${alice} nothing corrupted, got 1`],
  [
    "a message unaccounted for",
    connection({ sent: 101 }),
    "the run: expected every message sent also delivered, got 201 sent, 200 delivered",
  ],
])("%s is the one failure", (_what, difference, sentence) => {
  expect(failures(goodRun(difference))).toEqual([sentence]);
});

test("a host killed shows as a guest lost and a connection broken, not as a thousand failures", () => {
  const broken = sampleConnection("bob", { status: "RETRY_EXC_ERR" });
  const run = goodRun({
    moves: [],
    guests: [sampleGuest("alice", { state: "failed", exitCode: 1 }), sampleGuest("bob", { state: "lost" })],
    reports: [
      sampleReport("alice", "bob", { connections: [broken], verified: false }),
      sampleReport("bob", "alice", { verified: false }),
    ],
  });
  expect(guestsLost(run)).toEqual(["bob"]);
  expect(connectionsBroken(run)).toEqual([{ guest: "alice", peer: "bob", status: "RETRY_EXC_ERR" }]);
  expect(failures(run)).toContain("bob: expected a clean end, got lost");
  expect(failures(run)).toContain("alice's connection with bob: expected status ok, got RETRY_EXC_ERR");
});
