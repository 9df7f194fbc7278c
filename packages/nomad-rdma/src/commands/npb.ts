import { randomInt } from "node:crypto";
import { Random } from "@nomad/base";
import { type Injection, injection } from "@nomad/protocol/http";
import { Command, Option } from "commander";
import type { Cli, Globals, Outcome } from "../cli.ts";
import { hostNames } from "../lab/host-names.ts";
import { startLab } from "../lab/shell/start-lab.ts";
import { buildImages } from "../mpi/shell/build-images.ts";
import { imageOf, type Kernel, kernels, type ProblemClass, problemClasses, rankCounts } from "../npb/kernels.ts";
import { type KernelResult, kernelTable } from "../npb/result.ts";
import { runKernel } from "../npb/shell/run-kernel.ts";
import { abortOnInterrupt } from "../shell/interrupt.ts";
import { makeProgress } from "../shell/progress.ts";
import { integer } from "./options.ts";

interface Options {
  readonly kernel?: readonly Kernel[];
  readonly class: ProblemClass;
  readonly ranks: string;
  readonly moves: number;
  readonly hosts: number;
  readonly inject?: Injection;
  readonly seed?: number;
}

const seedMax = 2 ** 32 - 1;

/** `npb`: runs the NAS Parallel Benchmarks on a lab of its own, while ranks move, and verifies them. */
export function npb(cli: Cli): Command {
  return new Command("npb")
    .description("start a lab, run the NAS Parallel Benchmarks on it while ranks move, verify them, end the lab")
    .addOption(new Option("--kernel <names...>", "only these").choices(kernels))
    .addOption(new Option("--class <name>", "the size of the problem").choices(problemClasses).default("S"))
    .addOption(new Option("--ranks <n>", "how many ranks").choices(rankCounts.map(String)).default("4"))
    .option(
      "--moves <n>",
      "repeat each kernel until so many moves have completed while its clock ran",
      integer(0, 1000),
      0,
    )
    .addOption(new Option("--inject <fault>", "make every move suffer a fault").choices(injection.options))
    .option("--hosts <n>", "how many hosts", integer(2, 64), 3)
    .option("--seed <n>", "who moves where comes from this number", integer(0, seedMax))
    .action((options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const wanted = options.kernel ?? kernels;
        await buildImages(wanted.map(imageOf));
        return outcomeOf(await runAll(cli, globals, wanted, options), options.moves, cli);
      }),
    );
}

async function runAll(
  cli: Cli,
  globals: Globals,
  wanted: readonly Kernel[],
  options: Options,
): Promise<KernelResult[]> {
  const signal = abortOnInterrupt();
  const hosts = hostNames(options.hosts);
  const seed = options.seed ?? randomInt(seedMax + 1);
  cli.terminal.err(`seed ${seed}`);
  const progress = makeProgress(cli.terminal);
  const start = { hosts, port: 0, journal: ":memory:", seed, mayBeKept: false, signal };
  const { lab, client } = await startLab(cli, globals, start);
  await using _lab = lab;
  const results: KernelResult[] = [];
  const { moves, inject } = options;
  const common = { client, hosts, moves, inject, signal, random: new Random(seed) };
  for (const kernel of wanted) {
    const note = (text: string) => progress.note(text);
    results.push(await runKernel({ ...common, kernel, class: options.class, ranks: Number(options.ranks), note }));
  }
  return results;
}

function outcomeOf(results: readonly KernelResult[], moves: number, cli: Cli): Outcome {
  const ok = results.every((result) => result.verified && result.moves >= moves);
  return { ok, json: { ok, results }, text: kernelTable(results, cli.terminal.outStyle.bold) };
}
