import { expect, test } from "vitest";
import { Workspace } from "./kit/workspace.ts";

test("SIGINT while perf measures ends both of its processes", async () => {
  await using workspace = new Workspace();
  const command = workspace.start("perf", "send-lat", "--rounds", "1000");
  await command.errMatch(/round 1 of 1000/);
  command.child.kill("SIGINT");
  const { exitCode, stderr } = await command.ended;
  expect(exitCode).toBe(130);
  expect(stderr.trim().split("\n").at(-1)).toBe("nomad-rdma: interrupted by SIGINT");
});

test("perf's result is one line of JSON with rows, figures and samples", async () => {
  await using workspace = new Workspace();
  const { exitCode, stdout } = await workspace.start(
    "perf",
    "send-lat",
    "--rounds",
    "2",
    "--iterations",
    "10",
    "--json",
  ).ended;
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    test: "send-lat",
    rows: [{ bytes: 64, messages: 20 }],
    figures: [{ name: "send-lat-64", unit: "us" }],
    samples: { "send-lat-64": [expect.any(Number), expect.any(Number)] },
  });
});
