import { sampleGuest, sampleMove, sampleReport } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { resultOf } from "./result.ts";

test("the result has the fields that scripts rely on, and no others", () => {
  const exited = { state: "exited", exitCode: 0 } as const;
  const result = resultOf({
    processes: [{ role: "host", name: "host-a", pid: 1 }],
    planned: [{ guest: "alice", to: "host-b" }],
    moves: [sampleMove()],
    guests: [sampleGuest("alice", exited), sampleGuest("bob", exited)],
    reports: [sampleReport("alice", "bob"), sampleReport("bob", "alice")],
    alwaysHeld: true,
    dirtying: [],
    troubles: [],
  });
  expect(result).toEqual({
    ok: true,
    processes: [{ role: "host", name: "host-a", pid: 1 }],
    moves: [
      {
        guest: "alice",
        from: "host-a",
        to: "host-b",
        outcome: "released",
        totalMs: 250,
        pausedMs: 12.5,
        rounds: 3,
        pages: 9000,
        pagesWhileStopped: 100,
        bytes: 36_864_000,
        controlMessages: 18,
        phases: { precopy: 200, stopped: 5 },
      },
    ],
    messages: { sent: 200, delivered: 200, lost: 0, duplicated: 0, reordered: 0, corrupted: 0 },
    atomics: { expected: 100, actual: 100 },
    guestsLost: [],
    connectionsBroken: [],
  });
});
