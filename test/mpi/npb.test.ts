import { expect, test } from "vitest";
import { lastJson } from "../kit/nomad-command.ts";
import { Workspace } from "../kit/workspace.ts";

interface NpbResult {
  readonly ok: boolean;
  readonly results: readonly {
    readonly kernel: string;
    readonly moves: number;
    readonly verified: boolean;
    readonly completed: readonly { readonly rank: number; readonly iteration: number }[];
  }[];
}

const size = ["--kernel", "CG", "--class", "S", "--ranks", "2", "--hosts", "2"];

test("CG has its official result in every repetition, while a rank moves in the timed part", {
  timeout: 300_000,
}, async () => {
  await using workspace = new Workspace();
  const ended = await workspace.run("npb", ...size, "--moves", "1", "--seed", "1", "--json");
  const { ok, results } = lastJson<NpbResult>(ended);
  expect(ok, ended.stderr).toBe(true);
  expect(ended.exitCode).toBe(0);
  expect(results).toMatchObject([{ kernel: "CG", moves: 1, verified: true }]);
  const iteration = results[0]?.completed[0]?.iteration ?? 0;
  expect(iteration).toBeGreaterThanOrEqual(1);
  expect(iteration).toBeLessThanOrEqual(15);
  expect(workspace.daemons()).toEqual([]);
});

test("a page that goes as zeros while digests are not compared gives a wrong result", {
  timeout: 300_000,
}, async () => {
  await using workspace = new Workspace();
  const fault = ["--moves", "1", "--inject", "zero-page", "--seed", "1"];
  const ended = await workspace.run("npb", ...size, ...fault, "--json");
  expect(ended.exitCode).toBe(1);
  expect(lastJson<NpbResult>(ended).results, ended.stderr).toMatchObject([{ kernel: "CG", moves: 1, verified: false }]);
});
