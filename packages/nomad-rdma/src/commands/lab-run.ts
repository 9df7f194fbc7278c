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
import { churnGuests } from "../scenarios/churn-plan.ts";
import { demoPairs } from "../scenarios/demo-pairs.ts";
import { resultOf } from "../scenarios/result.ts";
import type { RunRecord } from "../scenarios/run-record.ts";
import { runChurn } from "../scenarios/shell/churn.ts";
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
  readonly scenario: "tour" | "churn";
  readonly seconds?: number;
  readonly minutes?: number;
  readonly guests?: number;
  readonly seed?: number;
  readonly keep?: true;
}

const seedMax = 2 ** 32 - 1;
const churnGuestsMax = 12;
const churnSeconds = 60;
/** Operations a second of each guest: a dozen of them share the cores. */
const churnRate = 200;

/** `lab run --scenario S`: starts a lab of its own, runs a scenario on it and tells whether all was verified. */
export function labRun(cli: Cli): Command {
  return new Command("run")
    .description("start a lab, run a scenario on it, verify everything, end the lab")
    .addOption(new Option("--scenario <name>", "what happens").choices(["tour", "churn"]).default("tour"))
    .option("--hosts <n>", "how many hosts", integer(2, 64), 3)
    .option("--moves <n>", "how many moves (default: the hosts and two more, at least five)", integer(1, 10_000))
    .option("--seconds <n>", "tour: spread the moves over at least so long; churn: how long", integer(0, 86_400))
    .option("--minutes <n>", "the same in minutes", integer(1, 1440))
    .option("--guests <n>", "churn: how many guests, in pairs (default: 12)", integer(2, 12))
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
        const outcome = await runOn(cli, globals, { lab, client, hosts, seed, signal, options });
        if (options.keep) keep(cli, lab, client);
        return outcome;
      }),
    );
}

/** The command line that makes the same moves again. */
function sameAgain({ scenario, hosts, moves, seconds, minutes, guests }: Options, seed: number): string {
  const given = Object.entries({ hosts, moves, seconds, minutes, guests, seed });
  const flags = given.filter(([, value]) => value !== undefined).map(([name, value]) => `--${name} ${value}`);
  return ["nomad-rdma lab run --scenario", scenario, ...flags].join(" ");
}

interface Call {
  readonly lab: Lab;
  readonly client: LabClient;
  readonly hosts: readonly string[];
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly options: Options;
}

async function runOn(cli: Cli, globals: Globals, call: Call): Promise<Outcome> {
  const progress = makeProgress(cli.terminal);
  const narrator = new Narrator(cli.terminal.errStyle, globals.verbose > 0);
  await using events = new LabWatch(call.client, (event) => {
    const sentence = narrator.tell(event);
    if (sentence?.passing) progress.passing(sentence.text);
    else if (sentence) progress.note(sentence.text);
  });
  const run: RunRecord = { ...(await scenarios[call.options.scenario](call, events)), processes: call.lab.processes };
  if (globals.json) for (const sentence of failures(run)) cli.terminal.err(`failed: ${sentence}`);
  const json = resultOf(run);
  return { ok: json.ok, json, text: tourText(run, events.view.lines, cli.terminal.outStyle) };
}

const scenarios = { tour, churn } as const;

async function tour(call: Call, events: LabWatch): Promise<Omit<RunRecord, "processes">> {
  const { client, hosts, seed, signal, options } = call;
  const plan = tourPlan({ hosts, tourist, companion, moves: options.moves, random: new Random(seed) });
  const guests = tourGuests(hosts, seed);
  const record = await runTour({ client, events, guests, plan, seconds: secondsOf(options) ?? 0, signal });
  return { ...record, dirtying, alwaysHeld: true };
}

async function churn(call: Call, events: LabWatch): Promise<Omit<RunRecord, "processes">> {
  const { client, hosts, seed, signal, options } = call;
  const pairs = demoPairs((options.guests ?? churnGuestsMax) >> 1);
  const guests = churnGuests(pairs, hosts, { seed, rate: churnRate });
  const seconds = secondsOf(options) ?? churnSeconds;
  const random = new Random(seed);
  const record = await runChurn({ client, events, guests, pairs, hosts, random, seconds, signal });
  return { ...record, dirtying: [], alwaysHeld: false };
}

const secondsOf = ({ seconds, minutes }: Options): number | undefined => (minutes ? minutes * 60 : seconds);

function keep(cli: Cli, lab: Lab, client: LabClient): void {
  lab.keep();
  const path = writeLabState(cli.cwd, { name: "lab", url: client.url, processes: lab.processes });
  cli.terminal.err(`The lab stays up at ${client.url} (${path}); end it with: nomad-rdma lab down`);
}
