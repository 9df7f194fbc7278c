import { NomadError } from "@nomad/base";
import { figureTable, type Measurement, type OnSample } from "@nomad/measure";
import { describeMachine } from "@nomad/measure/machine";
import { Command, Option } from "commander";
import { fullAmounts, quickAmounts } from "../hca/amounts.ts";
import { runHca } from "../hca/shell/run.ts";
import { runGuests } from "../hca/shell/run-guests.ts";
import { fullMoves, quickMoves } from "../move/amounts.ts";
import { runMoves } from "../move/shell/run.ts";
import { fullPeers, quickPeers } from "../peers/amounts.ts";
import { runPeers } from "../peers/shell/run.ts";
import { runProfiled } from "../profile/shell/run-profiled.ts";
import { fullScale, quickScale, runScale } from "../scale/run.ts";

type Suite = (quick: boolean, onSample: OnSample) => Promise<Measurement>;

/** What can be measured, by the name that `--only` takes. */
const suites: Readonly<Record<string, readonly Suite[]>> = {
  hca: [
    (quick, onSample) => runHca(quick ? quickAmounts : fullAmounts, onSample),
    (quick, onSample) => runGuests(quick ? quickAmounts : fullAmounts, onSample),
  ],
  move: [(quick, onSample) => runMoves(quick ? quickMoves : fullMoves, onSample)],
  peers: [(quick, onSample) => runPeers(quick ? quickPeers : fullPeers, onSample, note)],
  scale: [async (quick, onSample) => runScale(quick ? quickScale : fullScale, onSample)],
};

/** Measured only when it is asked for: it is of other programs. */
const optional = "peers";

interface Options {
  readonly only?: string;
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly peers?: boolean;
  readonly profile?: string;
}

function command(): Command {
  return new Command("bench")
    .description(
      "Measure, each figure beside its floor in the same run. A goal that is missed is shown, and is no failure.",
    )
    .addOption(new Option("--only <suite>", "one suite").choices(Object.keys(suites)))
    .option("--quick", "see that it works; the figures mean nothing")
    .option("--peers", "besides, libfabric, UCX and Open MPI over TCP, where they are installed")
    .option("--profile <dir>", "write V8's CPU profiles of the processes there, and tell in which functions they were")
    .option("--json", "the result as one line of JSON");
}

async function main(): Promise<void> {
  const options = command().parse().opts<Options>();
  if (options.profile === undefined) return await measure(options);
  const { profile, ...others } = options;
  const { code, table } = await runProfiled(argumentsOf(others), profile);
  note(`\n${table}`);
  process.exitCode = code;
}

/** As they are given on the command line. */
function argumentsOf(options: Omit<Options, "profile">): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
}

async function measure(options: Options): Promise<void> {
  const { only, quick = false, json = false, peers = false } = options;
  const machine = describeMachine();
  const measured: Measurement[] = [];
  const progress: OnSample = (name, round, value) => {
    const seconds = (performance.now() / 1000).toFixed(0).padStart(4);
    process.stderr.write(`[${seconds} s] round ${round}  ${name.padEnd(20)} ${value.toPrecision(4)}\n`);
  };
  for (const [name, parts] of Object.entries(suites)) {
    const wanted = name === optional && peers ? true : only === undefined ? name !== optional : only === name;
    if (!wanted) continue;
    for (const suite of parts) measured.push(await suite(quick, progress));
  }
  const figures = measured.flatMap((suite) => suite.figures);
  const samples = Object.assign({}, ...measured.map((suite) => suite.samples));
  process.stdout.write(json ? `${JSON.stringify({ figures, samples, machine })}\n` : `${figureTable(figures)}\n`);
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

await main().catch((error: unknown) => {
  const text =
    error instanceof NomadError ? `${error.code}: ${error.message}\n  next: ${error.nextStep}` : String(error);
  process.stderr.write(`bench: ${text}\n`);
  process.exitCode = 1;
});
