import { randomInt } from "node:crypto";
import type { Planting, SimReport } from "@nomad/sim";
import { Command, InvalidArgumentError } from "commander";
import type { Cli, Globals, Outcome } from "../cli.ts";
import { simText } from "../output/sim-text.ts";
import { abortOnInterrupt } from "../shell/interrupt.ts";
import { makeProgress } from "../shell/progress.ts";
import { integer } from "./options.ts";

interface Options {
  readonly seeds: number;
  readonly seed?: number;
  readonly hosts?: number;
  readonly moves?: number | "many";
  readonly plant?: Planting;
  readonly faults?: readonly number[];
  readonly trace?: true;
}

const seedMax = 2 ** 31 - 1;

/** `sim`: labs in one process, one a seed, whose processes, links and disks fail. */
export function sim(cli: Cli): Command {
  return new Command("sim")
    .description("simulate labs that fail in every way, one a seed; tell which invariant broke, and how to replay it")
    .option(
      "--seeds <n>",
      "how many (from 2000 on, coverage is judged, and every planted bug must be caught)",
      integer(1, 1e7),
      200,
    )
    .option("--seed <n>", "the first of them (default: any)", integer(0, seedMax))
    .option("--hosts <n>", "how many hosts (default: 3 to 6, as the seed decides)", integer(2, 500))
    .option("--moves <n>", "how many moves (default: 1 to 3); many: many at once, that cross and meet", moveCount)
    .option("--plant <bug>", "plant a bug in the protocol, to see it caught")
    .option("--faults <list>", "of the seed's faults only these, by number, or none", faultList)
    .option("--trace", "print what happens: messages, phases, faults (of one seed)")
    .action((options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const seed = options.seed ?? randomInt(seedMax);
        cli.terminal.err(`seed ${seed} (the same again: ${sameAgain(options, seed)})`);
        await checkPlant(options.plant);
        return options.trace || options.faults ? one(cli, globals, options, seed) : many(cli, options, seed);
      }),
    );
}

function sameAgain({ seeds, hosts, moves, plant }: Options, seed: number): string {
  const knobs = Object.entries({ hosts, moves, plant }).filter(([, value]) => value !== undefined);
  return ["nomad-rdma sim", `--seed ${seed}`, `--seeds ${seeds}`, ...knobs.map(([k, v]) => `--${k} ${v}`)].join(" ");
}

async function checkPlant(plant: Planting | undefined): Promise<void> {
  const { plantings } = await import("@nomad/sim");
  if (plant === undefined || plantings.has(plant)) return;
  throw new InvalidArgumentError(`there is no bug ${plant}; there are: ${[...plantings.keys()].join(", ")}.`);
}

async function many(cli: Cli, options: Options, seed: number): Promise<Outcome> {
  const { runSeeds } = await import("@nomad/sim");
  const { seeds, hosts, moves, plant = null } = options;
  const progress = makeProgress(cli.terminal);
  const onProgress = (done: number) => progress.passing(`${done} of ${seeds} seeds`);
  const report = await runSeeds({ seed, seeds, hosts, moves, plant, onProgress, signal: abortOnInterrupt() });
  progress.clear();
  return outcomeOf(cli, report);
}

/** One seed, in this thread, so that what happens can be shown as it happens. */
async function one(cli: Cli, globals: Globals, options: Options, seed: number): Promise<Outcome> {
  const { runOne } = await import("@nomad/sim");
  const { hosts, moves, plant = null, faults } = options;
  const tell = (line: string) => (globals.json ? cli.terminal.err(line) : cli.terminal.out(line));
  return outcomeOf(cli, runOne({ seed, hosts, moves, plant, faults, onLine: options.trace ? tell : null }));
}

function outcomeOf(cli: Cli, report: SimReport): Outcome {
  for (const { message, replay } of report.failures) {
    cli.terminal.err(`failed: ${message}`);
    cli.terminal.err(`replay: ${replay}`);
  }
  return { ok: report.ok, json: { ...report }, text: simText(report, cli.terminal.outStyle) };
}

function moveCount(text: string): number | "many" {
  return text === "many" ? text : integer(0, 1000)(text);
}

/** `0,2`, or `none`. */
function faultList(text: string): number[] {
  if (text === "none") return [];
  if (/^\d+(,\d+)*$/.test(text)) return text.split(",").map(Number);
  throw new InvalidArgumentError("expected numbers separated by commas, or none.");
}
