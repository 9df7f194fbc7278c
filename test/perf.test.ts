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

test("guests measure with their own names and with the adapter's in turn, told as a paired ratio with its interval", async () => {
  await using workspace = new Workspace();
  const short = ["--rounds", "2", "--iterations", "10", "--json"];
  const command = workspace.start("perf", "read-lat", "--guests", "--virtualization", "compare", ...short);
  const { exitCode, stdout } = await command.ended;
  expect(exitCode).toBe(0);
  const { rows, figures } = JSON.parse(stdout) as { rows: object[]; figures: object[] };
  expect(rows).toMatchObject([
    { bytes: 64, names: "virtual", messages: 20 },
    { bytes: 64, names: "physical", messages: 20 },
  ]);
  expect(figures[0]).toMatchObject({
    name: "read-lat-64",
    floor: expect.any(Number),
    interval: [expect.any(Number), expect.any(Number)],
    goalOf: "interval",
    goal: 1.03,
  });
});
