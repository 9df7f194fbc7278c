import type { RunResult } from "nomad-rdma";
import { expect, test } from "vitest";
import { lastJson } from "./kit/nomad-command.ts";
import { Workspace } from "./kit/workspace.ts";

test("a host killed during the run is reported, with the guest it had and the connection it broke", {
  timeout: 90_000,
}, async () => {
  await using workspace = new Workspace();
  const command = workspace.start("lab", "run", "--scenario", "tour", "--moves", "30", "--seed", "1", "--json");
  // In the third move alice goes from host-c home to host-a, and bob is where he began.
  await command.errMatch(/move 3/);
  process.kill(workspace.host("host-b")?.pid ?? Number.NaN, "SIGKILL");
  const ended = await command.ended;
  const result = lastJson<RunResult>(ended);
  expect(ended.exitCode, ended.stderr).toBe(1);
  expect(ended.ms).toBeLessThan(60_000);
  expect(result.ok).toBe(false);
  expect(result.guestsLost).toEqual(["bob"]);
  expect(result.connectionsBroken).toEqual([
    { guest: "alice", peer: "bob", status: expect.stringMatching(/RETRY_EXC_ERR$/) },
  ]);
  expect(ended.stderr).toContain("host-b");
  expect(workspace.daemons()).toEqual([]);
});
