// `npm run test:full`: everything, three times in a row, with no failure forgiven. Its report goes to docs/reports.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

const root = new URL("..", import.meta.url);
const times = 3;
const scripts = ["test", "test:mpi", "test:docker", "sim:full", "matrix"];

interface Run {
  readonly script: string;
  readonly ok: boolean;
  readonly seconds: number;
}

async function run(script: string): Promise<Run> {
  const began = performance.now();
  const child = spawn("npm", ["run", script], { cwd: root, stdio: "inherit" });
  const [exitCode] = await once(child, "exit");
  return { script, ok: exitCode === 0, seconds: Math.round((performance.now() - began) / 1000) };
}

function report(runs: readonly Run[], date: Date): string {
  const machine = `${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const rows = runs.map(({ script, ok, seconds }, i) => {
    const round = Math.floor(i / scripts.length) + 1;
    return `| ${round} | \`npm run ${script}\` | ${ok ? "passed" : "FAILED"} | ${seconds} s |`;
  });
  const head = ["| round | what | outcome | time |", "| ----- | ---- | ------- | ---- |"];
  return [
    `# Everything, ${times} times in a row: ${date.toISOString()}`,
    "",
    `${machine}.`,
    "",
    ...head,
    ...rows,
    "",
  ].join("\n");
}

const runs: Run[] = [];
for (let round = 0; round < times; round++) for (const script of scripts) runs.push(await run(script));
const date = new Date();
const folder = new URL("docs/reports/", root);
mkdirSync(folder, { recursive: true });
const file = new URL(`full-${date.toISOString().slice(0, 10)}.md`, folder);
writeFileSync(file, report(runs, date));
process.stdout.write(`test:full: the report is in ${file.pathname}\n`);
process.exitCode = runs.every(({ ok }) => ok) ? 0 : 1;
