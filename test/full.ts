// `npm run test:full`: everything, three times in a row, with no failure forgiven. Its report goes to docs/reports.
// `--only NAME` (again for more): these scripts alone; `--rounds N`: so many times.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";

const root = new URL("..", import.meta.url);
/** The scripts of package.json, with what they are given. */
const everything: Readonly<Record<string, readonly string[]>> = {
  test: [],
  "test:long": [],
  "test:docker": [],
  "test:browser": ["--json"],
  "test:mpi": [],
  conformance: ["--json"],
  "sim:full": [],
  matrix: ["--json"],
  "crash-matrix": ["--json"],
  soak: ["--minutes", "20", "--json"],
};

interface Run {
  readonly round: number;
  readonly script: string;
  readonly ok: boolean;
  readonly seconds: number;
}

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true }, rounds: { type: "string", default: "3" } },
});
const scripts = values.only ?? Object.keys(everything);
const unknown = scripts.filter((script) => !(script in everything));
if (unknown.length > 0)
  throw new Error(`test:full knows ${Object.keys(everything).join(", ")}, not ${unknown.join(", ")}`);

async function run(round: number, script: string): Promise<Run> {
  const began = performance.now();
  const child = spawn("npm", ["run", script, "--", ...(everything[script] ?? [])], { cwd: root, stdio: "inherit" });
  const [exitCode] = await once(child, "exit");
  return { round, script, ok: exitCode === 0, seconds: Math.round((performance.now() - began) / 1000) };
}

function report(runs: readonly Run[], date: Date): string {
  const machine = `${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  const rows = runs.map(
    ({ round, script, ok, seconds }) =>
      `| ${round} | \`npm run ${script}\` | ${ok ? "passed" : "FAILED"} | ${seconds} s |`,
  );
  return [
    `# ${values.only ? scripts.join(", ") : "Everything"}, ${values.rounds} times in a row: ${date.toISOString()}`,
    "",
    `Commit ${commit}. ${machine}.`,
    "",
    "| round | what | outcome | time |",
    "| ----- | ---- | ------- | ---- |",
    ...rows,
    "",
  ].join("\n");
}

const runs: Run[] = [];
for (let round = 1; round <= Number(values.rounds); round++)
  for (const script of scripts) runs.push(await run(round, script));
const date = new Date();
const folder = new URL("docs/reports/", root);
mkdirSync(folder, { recursive: true });
const name = [values.only ? scripts.join("-").replaceAll(":", "-") : "full", date.toISOString().slice(0, 10)].join("-");
const file = new URL(`${name}.md`, folder);
writeFileSync(file, report(runs, date));
process.stdout.write(`test:full: the report is in ${file.pathname}\n`);
process.exitCode = runs.every(({ ok }) => ok) ? 0 : 1;
