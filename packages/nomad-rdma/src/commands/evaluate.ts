import { randomInt } from "node:crypto";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { Cli, Globals, Outcome } from "../cli.ts";
import { evaluate as measure, type PartName, partNames } from "../evaluate/shell/evaluate.ts";
import { writeReport } from "../evaluate/shell/write-report.ts";
import { abortOnInterrupt } from "../shell/interrupt.ts";
import { makeProgress } from "../shell/progress.ts";
import { integer } from "./options.ts";

interface Options {
  readonly quick?: true;
  readonly smoke?: true;
  readonly only?: readonly PartName[];
  readonly out: string;
  readonly seed?: number;
}

const seedMax = 2 ** 32 - 1;

/** `evaluate`: measures what virtual names and moves cost, on labs of its own, and writes a report. */
export function evaluate(cli: Cli): Command {
  return new Command("evaluate")
    .description("measure what virtual names and moves cost programs, on labs of its own, and write a report")
    .option("--quick", "with few repetitions")
    .option("--smoke", "see that it works; the figures mean nothing")
    .addOption(new Option("--only <parts...>", "only these").choices(partNames))
    .option("--out <directory>", "where the report goes: report.md, report.html, plots (SVG), raw.json", "evaluation")
    .option("--seed <n>", "who moves where comes from this number", integer(0, seedMax))
    .action((options: Options, command: Command) => cli.finish(command, (globals) => report(cli, globals, options)));
}

async function report(cli: Cli, globals: Globals, options: Options): Promise<Outcome> {
  const signal = abortOnInterrupt();
  const seed = options.seed ?? randomInt(seedMax + 1);
  cli.terminal.err(`seed ${seed}`);
  const progress = makeProgress(cli.terminal);
  const extent = options.smoke ? "smoke" : options.quick ? "quick" : "full";
  const place = { cli, globals, seed, signal };
  const evaluation = await measure(place, extent, options.only ?? partNames, (text) => progress.note(text));
  const out = resolve(cli.cwd, options.out);
  const { files, findings } = await writeReport(out, evaluation);
  const verified = (evaluation.nas ?? []).every((run) => run.verified);
  const { seconds } = evaluation;
  return {
    ok: verified,
    json: { ok: verified, out, seconds, files, findings },
    text: [...findings.map(({ reached, text }) => `${reached ? "ok    " : "MISSED"}  ${text}`), out].join("\n"),
  };
}
