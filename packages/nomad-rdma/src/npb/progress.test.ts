import type { LabEvent } from "@nomad/protocol/http";
import { sampleMove, sampleReport } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { MoveProgress, progressOf } from "./progress.ts";

function report(iteration: number, timed: boolean): LabEvent {
  const said = { ...sampleReport("alice", "bob"), repetition: 2, iteration, timed, results: [] };
  return { type: "report", guest: "alice", report: said };
}

test("a move is told with the iteration that its guest was in when the move ended, not later", () => {
  const following = new MoveProgress();
  following.take(report(3, true));
  following.take({ type: "move", move: sampleMove({ outcome: "", phase: "stopped" }) });
  following.take(report(4, true));
  following.take({ type: "move", move: sampleMove() });
  following.take(report(5, false));
  following.take({ type: "move", move: sampleMove() });
  expect(following.atEndOf(sampleMove())).toMatchObject({ repetition: 2, iteration: 4, timed: true });
});

test("a guest that is no kernel has no progress", () => {
  expect(progressOf(sampleReport("alice", "bob"))).toBeNull();
  expect(progressOf(null)).toBeNull();
});
