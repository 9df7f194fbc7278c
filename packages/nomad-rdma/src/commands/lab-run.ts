import { randomInt } from "node:crypto";
import { Random } from "@nomad/base";
import { Command, Option } from "commander";
import type { Cli, Globals, Outcome } from "../cli.ts";
import type { LabClient } from "../client/shell/lab-client.ts";
import { LabWatch } from "../client/shell/lab-watch.ts";
import { hostNames } from "../lab/host-names.ts";
import type { Lab } from "../lab/shell/lab.ts";
import { writeLabState } from "../lab/shell/lab-state-file.ts";
import { startLab } from "../lab/shell/start-lab.ts";
import { Narrator } from "../output/narrator.ts";
import { resultOf } from "../scenarios/result.ts";
import type { RunRecord } from "../scenarios/run-record.ts";
import { runTour } from "../scenarios/shell/tour.ts";
import { companion, dirtying, tourGuests, tourist } from "../scenarios/tour-guests.ts";
import { tourPlan } from "../scenarios/tour-plan.ts";
import { tourText } from "../scenarios/tour-text.ts";
import { failures } from "../scenarios/verdict.ts";
import { abortOnInterrupt } from "../shell/interrupt.ts";
import { makeProgress } from "../shell/progress.ts";
import { integer } from "./options.ts";

interface Options {
  readonly hosts: number;
  readonly moves?: number;
  readonly seconds: number;
  readonly seed?: number;
  readonly keep?: true;
}

const seedMax = 2 ** 32 - 1;

/** `lab run --scenario S`: starts a lab of its own, runs a scenario on it and tells whether all was verified. */
export function labRun(cli: Cli): Command {
  return new Command("run")
    .description("start a lab, run a scenario on it, verify everything, end the lab")
    .addOption(new Option("--scenario <name>", "what happens").choices(["tour"]).default("tour"))
    .option("--hosts <n>", "how many hosts", integer(2, 64), 3)
    .option("--moves <n>", "how many moves (default: the hosts and two more, at least five)", integer(1, 10_000))
    .option("--seconds <n>", "spread the moves over at least so long", integer(0, 86_400), 0)
    .option("--seed <n>", "what is random comes from this number", integer(0, seedMax))
    .option("--keep", "leave the lab up when all is done")
    .action((options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const signal = abortOnInterrupt();
        const seed = options.seed ?? randomInt(seedMax + 1);
        cli.terminal.err(`seed ${seed} (the same again: ${sameAgain(options, seed)})`);
        const hosts = hostNames(options.hosts);
        const mayBeKept = options.keep ?? false;
        const { lab, client } = await startLab(cli, globals, {
          hosts,
          port: 0,
          journal: ":memory:",
          seed,
          mayBeKept,
          signal,
        });
        await using _lab = lab;
        const outcome = await tour(cli, globals, { lab, client, hosts, seed, signal, options });
        if (options.keep) keep(cli, lab, client);
        return outcome;
      }),
    );
}

/** The command line that makes the same moves again. */
function sameAgain(options: Options, seed: number): string {
  const moves = options.moves === undefined ? "" : ` --moves ${options.moves}`;
  return `nomad-rdma lab run --scenario tour --hosts ${options.hosts}${moves} --seed ${seed}`;
}

interface TourCall {
  readonly lab: Lab;
  readonly client: LabClient;
  readonly hosts: readonly string[];
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly options: Options;
}

async function tour(cli: Cli, globals: Globals, call: TourCall): Promise<Outcome> {
  const { lab, client, hosts, seed, signal } = call;
  const { seconds, moves } = call.options;
  const progress = makeProgress(cli.terminal);
  const narrator = new Narrator(cli.terminal.errStyle, globals.verbose > 0);
  await using events = new LabWatch(client, (event) => {
    const sentence = narrator.tell(event);
    if (sentence?.passing) progress.passing(sentence.text);
    else if (sentence) progress.note(sentence.text);
  });
  const plan = tourPlan({ hosts, tourist, companion, moves, random: new Random(seed) });
  const guests = tourGuests(hosts, seed);
  const record = await runTour({ client, events, guests, plan, seconds, signal });
  const run: RunRecord = { ...record, processes: lab.processes, dirtying };
  if (globals.json) for (const sentence of failures(run)) cli.terminal.err(`failed: ${sentence}`);
  const json = resultOf(run);
  return { ok: json.ok, json, text: tourText(run, events.view.lines, cli.terminal.outStyle) };
}

function keep(cli: Cli, lab: Lab, client: LabClient): void {
  lab.keep();
  const path = writeLabState(cli.cwd, { name: "tour", url: client.url, processes: lab.processes });
  cli.terminal.err(`The lab stays up at ${client.url} (${path}); end it with: nomad-rdma lab down`);
}
