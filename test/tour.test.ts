import type { RunResult } from "nomad-rdma";
import { expect, test } from "vitest";
import { lastJson } from "./kit/nomad-command.ts";
import { Workspace } from "./kit/workspace.ts";

test("two guests talk while both move between three host processes, and nothing is lost", {
  timeout: 90_000,
}, async () => {
  await using workspace = new Workspace();
  const ended = await workspace.run("lab", "run", "--scenario", "tour", "--seed", "1", "--json");
  const result = lastJson<RunResult>(ended);
  expect(result.ok, ended.stderr).toBe(true);
  expect(ended.exitCode).toBe(0);
  expect(ended.ms).toBeLessThan(60_000);
  expect(ended.stdout.trimEnd().split("\n")).toHaveLength(1);

  expect(result.processes.map(({ role, name }) => `${role} ${name}`)).toEqual([
    "central central",
    "host host-a",
    "host host-b",
    "host host-c",
  ]);
  expect(new Set(result.processes.map(({ pid }) => pid)).size).toBe(4);
  expect(result.moves.length).toBeGreaterThanOrEqual(5);
  expect(new Set(result.moves.map(({ outcome }) => outcome))).toEqual(new Set(["released"]));
  expect(new Set(result.moves.filter(({ guest }) => guest === "alice").map(({ to }) => to)).size).toBe(3);
  expect(result.messages).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, corrupted: 0 });
  expect(result.messages.delivered).toBe(result.messages.sent);
  expect(result.atomics.actual).toBe(result.atomics.expected);
  expect(result).toMatchObject({ guestsLost: [], connectionsBroken: [] });
  expect(workspace.daemons()).toEqual([]);
});
