import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { planOf } from "./plan.ts";
import { runSeed } from "./run-seed.ts";
import { runOne } from "./shell/run-one.ts";
import { runSeeds } from "./shell/run-seeds.ts";

// Long work on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

const index = fileURLToPath(new URL("index.ts", import.meta.url));

/** The history of a seed, in a process of its own. */
function elsewhere(seed: number): string {
  const script = `import { planOf, runSeed } from ${JSON.stringify(index)}; console.log(runSeed(planOf(${seed})).history);`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).trim();
}

test("a sample of seeds runs without a failure", async () => {
  const report = await runSeeds({ seed: 1, seeds: 120 });
  expect(report.failures).toEqual([]);
  expect(report).toMatchObject({ ok: true, seeds: 120 });
  expect(report.coverage.reduce((sum, { times }) => sum + times, 0)).toBeGreaterThan(500);
});

test("a sample of seeds with many moves at once runs without a failure", async () => {
  const { failures } = await runSeeds({ seed: 1, seeds: 30, moves: "many" });
  expect(failures).toEqual([]);
  const { moves, guests } = planOf(1, { moves: "many" });
  expect(moves.length).toBeGreaterThan(guests.length);
});

test.each([3, 17, 40])("the same seed gives the same history, in this process and in another (seed %i)", (seed) => {
  const first = runSeed(planOf(seed));
  expect(runSeed(planOf(seed))).toEqual(first);
  expect(elsewhere(seed)).toBe(first.history);
});

test("the history does not depend on who watches it", () => {
  const seeds = Array.from({ length: 10 }, (_, i) => i + 1);
  const lines: string[] = [];
  for (const seed of seeds) {
    const watched = runSeed(planOf(seed), { onLine: (line) => lines.push(line) });
    expect(watched).toEqual(runSeed(planOf(seed)));
  }
  expect(lines.join("\n")).toMatch(/move 1-1 of guest-\d\w from host-\w to host-\w: COMMITTED/);
});

test("two seeds have two histories", () => {
  expect(runSeed(planOf(3)).history).not.toBe(runSeed(planOf(4)).history);
});

test("a failure is shrunk to the faults that it takes, and its command line runs it again", async () => {
  const { failures, ok } = await runSeeds({ seed: 1, seeds: 40, plant: "lost-guest-untold" });
  expect(ok).toBe(false);
  const replays = failures.map(({ replay }) => / --faults ([\d,]+)$/.exec(replay)?.[1]);
  const shrunk = replays.findIndex((faults) => faults !== undefined);
  const { seed, invariant, replay } = failures[shrunk] ?? expect.fail("no failure was shrunk");
  expect(replay).toContain(`nomad-rdma sim --seed ${seed} --seeds 1 --plant lost-guest-untold`);
  const kept = (replays[shrunk] ?? "").split(",").map(Number);
  const { faults } = planOf(seed);
  expect(kept.length).toBeLessThan(faults.length);
  expect(kept.map((i) => faults[i]?.do)).toSatisfy((names: string[]) =>
    names.some((n) => n === "crash" || n === "restart"),
  );
  const again = runOne({ seed, faults: kept, plant: "lost-guest-untold", onLine: null });
  expect(again.failures[0]?.invariant).toBe(invariant);
});

test("a lab of 200 hosts", () => {
  const result = runSeed(planOf(11, { hosts: 200, moves: 4 }));
  expect(result.failure).toBeNull();
  expect(result.delivered).toBeGreaterThan(50);
});
