import type { RunResult } from "nomad-rdma";
import { expect, test } from "vitest";
import { lastJson } from "./kit/nomad-command.ts";
import { Workspace } from "./kit/workspace.ts";

test("guests move at random, several at once and both ends of a connection among them, and nothing is lost", {
  timeout: 90_000,
}, async () => {
  await using workspace = new Workspace();
  const ended = await workspace.run("lab", "run", "--scenario", "churn", "--seconds", "6", "--guests", "4", "--json");
  const result = lastJson<RunResult>(ended);
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(result).toMatchObject({ ok: true, guestsLost: [], connectionsBroken: [] });
  expect(result.moves.length).toBeGreaterThan(1);
  expect(workspace.daemons()).toEqual([]);
});
