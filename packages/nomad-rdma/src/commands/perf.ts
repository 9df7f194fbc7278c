import { NomadError } from "@nomad/base";
import { figureTable, type OnSample } from "@nomad/measure";
import {
  bytesMax,
  casesOf,
  measureCases,
  type PerfCase,
  type PerfOutcomes,
  type PerfRequest,
  type PerfTestName,
  perfReport,
  perfTable,
  perfTests,
  type Transport,
  testNames,
  transports,
  windowMax,
} from "@nomad/measure/perf";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import type { Cli, Globals, Outcome } from "../cli.ts";
import { startLab } from "../lab/shell/start-lab.ts";
import { buildImages } from "../mpi/shell/build-images.ts";
import { perfImage } from "../perf/guest-batch.ts";
import { perfBetweenGuests } from "../perf/shell/between-guests.ts";
import { abortOnInterrupt, orAbort } from "../shell/interrupt.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { makeProgress } from "../shell/progress.ts";
import { byteCount, integer } from "./options.ts";

interface Options {
  readonly transport: Transport;
  readonly size?: number;
  readonly all?: true;
  readonly iterations?: number;
  readonly window: number;
  readonly rounds: number;
  readonly bidirectional?: true;
  readonly icrc: boolean;
  readonly guests?: true;
  readonly hosts?: readonly [string, string];
  readonly virtualization?: Virtualization;
}

/** What guests know their resources by, by the word for it. */
const virtualizations = {
  on: ["virtual"],
  off: ["physical"],
  compare: ["virtual", "physical"],
} as const satisfies Readonly<Record<string, PerfRequest["names"]>>;
type Virtualization = keyof typeof virtualizations;

/** Rounds before those that count. */
const warmUps = 2;

/** `perf TEST`: latency or bandwidth between two adapters, in the manner of perftest. */
export function perf(cli: Cli): Command {
  return new Command("perf")
    .description("measure latency (us) or bandwidth and message rate between two processes, as perftest does")
    .addArgument(new Argument("<test>", "what to measure").choices(testNames))
    .addOption(new Option("--transport <name>", "of the queue pairs").choices(transports).default("RC"))
    .option("--size <bytes>", "of a message, as 64 or 8M (default: latency 64, bandwidth 64K)", byteCount(1, bytesMax))
    .option("--all", "all sizes, from 2 bytes up")
    .option("--iterations <n>", "messages of a batch (default: many small ones, few large ones)", integer(1, 1e7))
    .option("--window <n>", "bandwidth: messages under way", integer(1, windowMax), 64)
    .option("--rounds <n>", "batches of each size; sizes take turns", integer(1, 1000), 7)
    .option("--bidirectional", "bandwidth: both ways at once, told together")
    .option("--no-icrc", "without checksums of packets")
    .option("--guests", "between guests on two hosts of a lab of its own")
    .option("--hosts <a,b>", "between guests on these hosts of the lab that is up", twoHosts)
    .addOption(
      new Option(
        "--virtualization <how>",
        "guests' names: the guest's (on), the adapter's (off), or both in turn",
      ).choices(Object.keys(virtualizations)),
    )
    .action((test: PerfTestName, options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const request = requestOf(test, options);
        const between = isBetweenGuests(options) ? betweenGuests : betweenProcesses;
        return outcomeOf(cli, request, options, await between(cli, globals, casesOf(request), options));
      }),
    );
}

function requestOf(test: PerfTestName, options: Options): PerfRequest {
  const { transport, size, all, iterations, window, bidirectional = false, virtualization = "on" } = options;
  const names = isBetweenGuests(options) ? virtualizations[virtualization] : undefined;
  if (options.virtualization && !names) throw new NomadError("E_USAGE", "--virtualization is of guests: --guests");
  if (names && !options.icrc)
    throw new NomadError("E_USAGE", "a lab's packets have their ICRC: --no-icrc is without guests");
  const sizes = all ? "all" : size;
  return {
    ...{ test, transport, window, bidirectional },
    ...(sizes !== undefined && { size: sizes }),
    ...(iterations !== undefined && { iterations }),
    ...(names && { names }),
  };
}

function isBetweenGuests({ guests, hosts }: Options): boolean {
  return guests === true || hosts !== undefined;
}

type Between = (cli: Cli, globals: Globals, cases: PerfCases, options: Options) => Promise<PerfOutcomes[]>;
type PerfCases = ReturnType<typeof casesOf>;

/** A `verbs` program here and one in another process. */
const betweenProcesses: Between = async (cli, _globals, cases, { icrc, rounds }) => {
  const signal = abortOnInterrupt();
  // The adapter is large: it is loaded by whom needs it.
  const { PerfPair } = await import("@nomad/measure/perf/pair");
  await using pair = await PerfPair.start({ icrc });
  const run = ({ batch }: PerfCase) => orAbort(() => pair.run(batch), signal);
  return await measureCases(cases, { warmUps, rounds }, run, teller(cli, rounds));
};

/** On two hosts of the lab that is up, or of one that is started for it. */
const betweenGuests: Between = async (cli, globals, cases, { rounds, hosts }) => {
  await buildImages([perfImage]);
  const signal = abortOnInterrupt();
  const common = { cases, rounds: { warmUps, rounds }, onSample: teller(cli, rounds), signal };
  if (hosts !== undefined) return perfBetweenGuests({ ...common, client: connectToLab(cli, globals), hosts });
  const own = ["host-a", "host-b"] as const;
  const { lab, client } = await startLab(cli, globals, { ...ownLab, hosts: own, signal });
  await using _lab = lab;
  return await perfBetweenGuests({ ...common, client, hosts: own });
};

const ownLab = { port: 0, journal: ":memory:", mayBeKept: false } as const;

function teller(cli: Cli, rounds: number): OnSample {
  const progress = makeProgress(cli.terminal);
  return (name, round, value) => progress.note(`round ${round} of ${rounds}: ${name} ${value.toPrecision(4)}`);
}

function outcomeOf(cli: Cli, request: PerfRequest, options: Options, measured: readonly PerfOutcomes[]): Outcome {
  const { test, transport, bidirectional, names } = request;
  const { icrc } = options;
  const report = perfReport(measured);
  const between = names ? "guests" : "processes";
  const how = [transport, bidirectional ? "both ways" : "", icrc ? "" : "no ICRC"].filter((word) => word !== "");
  const what = perfTests[test].kind === "ping-pong" ? ", half of a round trip" : "";
  const title = cli.terminal.outStyle.bold(`${test} between ${between} (${how.join(", ")})${what}`);
  const compared = names && names.length > 1 ? [figureTable(report.figures)] : [];
  const json = { ok: true, test, transport, bidirectional, icrc, between, ...report };
  return { ok: true, json, text: [title, perfTable(report.rows), ...compared].join("\n") };
}

function twoHosts(text: string): [string, string] {
  const [first, second, ...others] = text.split(",");
  if (first && second && others.length === 0) return [first, second];
  throw new InvalidArgumentError("expected two names of hosts, as host-a,host-b.");
}
