import { Random } from "@nomad/base";
import { survivors } from "nomad-rdma";
import { expect, test } from "vitest";
import { Workspace } from "./kit/workspace.ts";

// A moment is a line of progress: the first comes before any process is started, the later ones during the moves.
const lastMoment = 40;
const seed = 20_070_613;
const random = new Random(seed);
const moments = [1, 2, random.between(3, 8), random.between(9, lastMoment)];

test.each(moments)(
  "SIGINT at line %i of the progress ends every process within 3 s",
  { timeout: 60_000 },
  async (moment) => {
    await using workspace = new Workspace();
    const command = workspace.start("lab", "run", "--scenario", "tour", "--moves", "30", "--seed", String(seed));
    await command.errLine(moment);
    const pids = workspace.daemons().map(({ pid }) => pid);
    const began = performance.now();
    command.child.kill("SIGINT");
    const ended = await command.ended;
    expect(performance.now() - began).toBeLessThan(3000);
    expect(ended.exitCode).toBe(130);
    expect(ended.stderr).toContain("interrupted by SIGINT");
    expect(await survivors(pids, 0)).toEqual([]);
    expect(workspace.daemons()).toEqual([]);
  },
);

test("the lab ends by itself when its launcher is killed with SIGKILL", { timeout: 60_000 }, async () => {
  await using workspace = new Workspace();
  const command = workspace.start("lab", "run", "--scenario", "tour", "--moves", "30", "--seed", String(seed));
  await command.errMatch(/move 1/);
  const pids = workspace.daemons().map(({ pid }) => pid);
  expect(pids).toHaveLength(4);
  command.child.kill("SIGKILL");
  expect(await survivors(pids, 3000)).toEqual([]);
});
