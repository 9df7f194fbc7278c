// `npm run fuzz -- --minutes N --seed S`: the tests that try random cases, again and again, each time from another seed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    json: { type: "boolean", default: false },
  },
});

/** Those that draw their cases from fast-check: every boundary has one. */
function fuzzTests(): string[] {
  const all = globSync("packages/*/src/**/*.test.ts", { cwd: root });
  return all.filter((file) => readFileSync(`${root}/${file}`, "utf8").includes('from "fast-check"')).sort();
}

async function passes(files: readonly string[], seed: number): Promise<boolean> {
  const child = spawn("npx", ["vitest", "run", "--reporter=dot", ...files], {
    cwd: root,
    env: { ...process.env, NOMAD_FUZZ_SEED: String(seed) },
    stdio: ["ignore", process.stderr, process.stderr],
  });
  const [exitCode] = await once(child, "exit");
  return exitCode === 0;
}

const files = fuzzTests();
const endAt = performance.now() + Number(values.minutes) * 60_000;
const failed: number[] = [];
let rounds = 0;
do {
  const seed = Number(values.seed) + rounds;
  rounds++;
  process.stderr.write(
    `fuzz: round ${rounds}, ${files.length} files, seed ${seed} (again: NOMAD_FUZZ_SEED=${seed} npx vitest run FILE)\n`,
  );
  if (!(await passes(files, seed))) failed.push(seed);
} while (performance.now() < endAt);
const text = failed.length === 0 ? `${rounds} rounds, no failure` : `FAILED with the seeds ${failed.join(", ")}`;
process.stdout.write(values.json ? `${JSON.stringify({ ok: failed.length === 0, rounds, failed })}\n` : `${text}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
