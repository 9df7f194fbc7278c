// `npm run matrix`: every kind of message, in every size and direction, while guests move, in real processes.
import { parseArgs } from "node:util";
import { InvariantWatch } from "nomad-rdma";
import { exitWhenInterrupted } from "../../kit/exit-when-interrupted.ts";
import { RunningLab } from "../../kit/running-lab.ts";
import { type Cell, nameOf } from "../cells.ts";
import { named, sample } from "../sample.ts";
import { type CellResult, runCell } from "./run-cell.ts";

exitWhenInterrupted();

const usage =
  "npm run matrix -- [--sample N] [--seed S] [--cell TRANSPORT[/OPERATION[/SIZE[/DIRECTION[/MOVES]]]]] [--names HOW] [--at-once N] [--json]";

const { values } = parseArgs({
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    cell: { type: "string" },
    names: { type: "string", default: "clash" },
    "at-once": { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});

/** Takes cells until none is left. Several at a time share a lab. */
async function work(lab: RunningLab, left: [number, Cell][], done: (result: CellResult) => void): Promise<void> {
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const [number, cell] = next;
    done(await runCell(lab, cell, number));
  }
}

async function run(cells: readonly Cell[], atOnce: number): Promise<boolean> {
  const began = performance.now();
  await using lab = await RunningLab.start("--names", values.names);
  await using watch = new InvariantWatch(lab.client, (what) => process.stderr.write(`${what}\n`));
  const left = [...cells.entries()];
  const results: CellResult[] = [];
  const done = (result: CellResult): void => {
    results.push(result);
    const { ok, fault, tookMs, sent, lost } = result;
    const said = ok ? `ok, ${sent} sent, ${lost} lost` : `FAILED: ${fault}`;
    process.stderr.write(`${results.length}/${cells.length} ${nameOf(result)} ${said} (${tookMs} ms)\n`);
  };
  await Promise.all(Array.from({ length: atOnce }, () => work(lab, left, done)));
  const failed = results.filter(({ ok }) => !ok);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const broken = watch.violations;
  const ok = failed.length === 0 && broken.length === 0;
  const text = `${results.length} cells, ${failed.length} failed, ${broken.length} invariants broken, in ${seconds} s`;
  process.stdout.write(values.json ? `${JSON.stringify({ ok, cells: results, broken })}\n` : `${text}\n`);
  return ok;
}

const count = values.sample === undefined ? undefined : Number(values.sample);
const chosen = values.cell === undefined ? sample(count, Number(values.seed)) : named(values.cell);
if (chosen.length === 0 || Number.isNaN(count)) {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = (await run(chosen, Number(values["at-once"]))) ? 0 : 1;
}
