// `npm run crash-matrix`: every fault in every phase of a move, in labs of real processes.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { exitWhenInterrupted } from "../../kit/exit-when-interrupted.ts";
import { outcomesDocument } from "../document.ts";
import { type Cell, nameOf } from "../outcomes.ts";
import { named, sample } from "../sample.ts";
import { MatrixLab } from "./matrix-lab.ts";
import { type CellResult, runCell } from "./run-cell.ts";

exitWhenInterrupted();

const usage = `npm run crash-matrix -- [--sample N] [--seed S] [--cell PARTICIPANT[/PHASE[/FAULT]]] [--labs N] [--json] [--document]`;

const { values } = parseArgs({
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    cell: { type: "string" },
    labs: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
    document: { type: "boolean", default: false },
  },
});

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Takes cells until none is left. A lab in which one has failed is not trusted any more. */
async function work(left: Cell[], done: (result: CellResult) => void): Promise<void> {
  while (left.length > 0) {
    await using lab = await MatrixLab.start();
    for (let ok = true; ok; ) {
      const cell = left.shift();
      if (!cell) return;
      const result = await attempt(lab, cell);
      done(result);
      ok = result.ok;
    }
  }
}

/** What cannot be healed from the cell before, or cannot be placed, has failed: nothing is tried twice. */
async function attempt(lab: MatrixLab, cell: Cell): Promise<CellResult> {
  try {
    await lab.heal();
    return await runCell(lab, cell);
  } catch (error) {
    const { participant, phase, fault, expected } = cell;
    const actual = `the cell could not be run: ${error instanceof Error ? error.message : error}`;
    return { participant, phase, fault, expected: "", actual, boundMs: expected.boundMs, tookMs: 0, ok: false };
  }
}

async function run(cells: readonly Cell[], labs: number): Promise<boolean> {
  const began = performance.now();
  const left = [...cells];
  const results: CellResult[] = [];
  const done = (result: CellResult): void => {
    results.push(result);
    const verdict = result.ok ? "ok" : "FAILED";
    const name = nameOf(result as unknown as Cell);
    process.stderr.write(
      `${results.length}/${cells.length} ${verdict} ${name}: ${result.actual} (${seconds(result.tookMs)})\n`,
    );
  };
  await Promise.all(Array.from({ length: Math.min(labs, left.length) }, () => work(left, done)));
  const failed = results.filter(({ ok }) => !ok);
  const text = `${results.length} cells, ${failed.length} failed, in ${seconds(performance.now() - began)}`;
  process.stdout.write(values.json ? `${JSON.stringify({ ok: failed.length === 0, cells: results })}\n` : `${text}\n`);
  return failed.length === 0;
}

const count = values.sample === undefined ? undefined : Number(values.sample);
const chosen = values.cell === undefined ? sample(count, Number(values.seed)) : named(values.cell);
if (values.document) {
  writeFileSync(new URL("../../../docs/outcomes.md", import.meta.url), outcomesDocument());
} else if (chosen.length === 0 || Number.isNaN(count)) {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = (await run(chosen, Number(values.labs))) ? 0 : 1;
}
