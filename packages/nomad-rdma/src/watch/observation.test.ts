import type { Guest, MoveRecord, Status } from "@nomad/protocol/http";
import { sampleGuest, sampleMove, sampleReport } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { reportViolations, shareViolations, violations } from "./observation.ts";

const at = (host: string, difference: Partial<Guest> = {}) =>
  sampleGuest("alice", { host, state: "running", ...difference });
const lab = (guests: readonly Guest[], moves: readonly MoveRecord[] = [], state: "up" | "lost" = "up"): Status => ({
  ok: true,
  central: { version: "test", generation: 1 },
  hosts: [{ name: "host-a", state }] as Status["hosts"],
  guests: [...guests],
  moves: [...moves],
});
const underWay = sampleMove({ guest: "alice", from: "host-a", to: "host-b", phase: "precopy", outcome: "" });
const see = (before: Status, after: Status, devices: Record<string, number> = {}) => {
  const seen = { before, after, devices: new Map(Object.entries(devices)) };
  return [...shareViolations(seen), ...violations(seen)];
};

test("a guest that rests has one share, of its host's adapter", () => {
  const rests = lab([at("host-a")]);
  expect(see(rests, rests, { "host-a": 1, "host-b": 0 })).toEqual([]);
  expect(see(rests, rests, { "host-a": 1, "host-b": 1 })).toEqual([
    expect.stringMatching(/^invariant 4 .*host-b has 1/),
  ]);
  expect(see(rests, rests, { "host-a": 0 })).toEqual([expect.stringMatching(/host-a has 0 guests, and owns 1/)]);
});

test("while it moves it may have two, or none; when the move has ended meanwhile, too", () => {
  const moving = lab([at("host-a", { state: "moving", epoch: 1 })], [underWay]);
  const there = lab([at("host-b", { epoch: 9 })], [{ ...underWay, phase: "released", outcome: "released" }]);
  for (const after of [moving, there]) {
    expect(see(moving, after, { "host-a": 1, "host-b": 1 })).toEqual([]);
    expect(see(moving, after, { "host-a": 0, "host-b": 0 })).toEqual([]);
  }
  expect(see(moving, moving, { "host-a": 2 })).toHaveLength(1);
});

test("an owner changes by a move only, and an epoch never goes back", () => {
  const [here, there] = [lab([at("host-a", { epoch: 2 })]), lab([at("host-b", { epoch: 1 })])];
  expect(see(here, there)).toEqual([
    expect.stringMatching(/^invariant 4.*no move/),
    expect.stringMatching(/^invariant 9/),
  ]);
});

test("a move that is made has equal digests; one that is undone leaves the guest where it was", () => {
  const differs = lab([], [sampleMove({ digestDestination: "other" })]);
  expect(see(differs, differs)).toEqual([expect.stringMatching(/digests that differ/)]);
  const undone = lab([at("host-b")], [{ ...underWay, phase: "aborted", outcome: "aborted" }]);
  expect(see(undone, undone)).toEqual([expect.stringMatching(/^invariant 8/)]);
});

test("nobody is said to run at a host that is lost", () => {
  const claims = lab([at("host-a")], [], "lost");
  expect(see(claims, claims)).toEqual([expect.stringMatching(/^invariant 10/)]);
});

test("what a guest reports of its messages counts while it runs", () => {
  const report = sampleReport("alice", "bob");
  expect(reportViolations(report)).toEqual([]);
  const connections = report.connections.map((connection) => ({ ...connection, duplicated: 1 }));
  expect(reportViolations({ ...report, connections })).toEqual([
    expect.stringMatching(/^invariant 1 .*bob duplicated/),
  ]);
});
