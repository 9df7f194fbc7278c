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
import { Argument, Command, Option } from "commander";
import type { Cli, Outcome } from "../cli.ts";
import { abortOnInterrupt, orAbort } from "../shell/interrupt.ts";
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
}

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
    .action((test: PerfTestName, options: Options, command: Command) =>
      cli.finish(command, async () => outcomeOf(test, options, await measure(cli, requestOf(test, options), options))),
    );
}

function requestOf(test: PerfTestName, options: Options): PerfRequest {
  const { transport, size, all, iterations, window, bidirectional = false } = options;
  const sizes = all ? "all" : size;
  return {
    ...{ test, transport, window, bidirectional },
    ...(sizes !== undefined && { size: sizes }),
    ...(iterations !== undefined && { iterations }),
  };
}

/** Between a `verbs` program here and one in another process. */
async function measure(cli: Cli, request: PerfRequest, { icrc, rounds }: Options): Promise<PerfOutcomes[]> {
  const cases = casesOf(request);
  const signal = abortOnInterrupt();
  const progress = makeProgress(cli.terminal);
  // The adapter is large: it is loaded by whom needs it.
  const { PerfPair } = await import("@nomad/measure/perf/pair");
  await using pair = await PerfPair.start({ icrc });
  const run = ({ batch }: PerfCase) => orAbort(() => pair.run(batch), signal);
  const measured = await measureCases(cases, { warmUps, rounds }, run, (name, round, value) =>
    progress.passing(`round ${round} of ${rounds}: ${name} ${value.toPrecision(4)}`),
  );
  progress.clear();
  return measured;
}

function outcomeOf(test: PerfTestName, options: Options, measured: readonly PerfOutcomes[]): Outcome {
  const { transport, bidirectional = false, icrc } = options;
  const report = perfReport(measured);
  const how = [transport, bidirectional ? "both ways" : "", icrc ? "" : "no ICRC"].filter((word) => word !== "");
  const what = perfTests[test].kind === "ping-pong" ? ": half of a round trip" : "";
  const json = { ok: true, test, transport, bidirectional, icrc, between: "verbs", ...report };
  return { ok: true, json, text: `${test} (${how.join(", ")})${what}\n${perfTable(report.rows)}` };
}
