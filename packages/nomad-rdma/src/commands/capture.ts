import { NomadError } from "@nomad/base";
import type { CaptureRequest } from "@nomad/protocol/http";
import { Command, Option } from "commander";
import type { CaptureIntake } from "../capture/capture-intake.ts";
import { DissectLines } from "../capture/dissect-lines.ts";
import { type CaptureOutput, fileOutput, stdoutOutput } from "../capture/shell/capture-output.ts";
import { runCapture } from "../capture/shell/run-capture.ts";
import type { Cli, Globals } from "../cli.ts";
import { bytes, plural } from "../output/format.ts";
import { abortOnInterrupt } from "../shell/interrupt.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { makeProgress } from "../shell/progress.ts";
import { integer, queuePair } from "./options.ts";

interface Options extends Omit<CaptureRequest, "recent"> {
  readonly recent?: true;
  readonly out?: string;
  readonly count?: number;
  readonly seconds?: number;
}

/** `capture`: packets of a host, a guest or all hosts, as they pass. */
export function capture(cli: Cli): Command {
  return new Command("capture")
    .description("capture packets of a host, a guest (wherever it runs) or all hosts, until Ctrl-C")
    .addOption(new Option("--host <name>", "what passes this host's port").conflicts("guest"))
    .option("--guest <name>", "what this guest's queue pairs send and receive, on whichever host it is")
    .option("--qp <n>", "only this queue pair: with --guest as its program sees it, else as in packets", queuePair)
    .option("--peer <host>", "only what goes to this host's port or comes from it")
    .option("--recent", "begin with the headers of what passed last, as far as the hosts remember")
    .option("--out <file>", "write pcapng to a file, or to stdout with - (default: one line a packet on stdout)")
    .option("--count <n>", "end after so many packets", integer(1, 2 ** 31))
    .option("--seconds <n>", "end after so many seconds", integer(1, 86_400))
    .action((options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        if (globals.json && options.out === "-")
          throw new NomadError("E_USAGE", "with --out - the packets take stdout: there is no room for --json");
        return run(cli, globals, options);
      }),
    );
}

async function run(cli: Cli, globals: Globals, options: Options) {
  const { out, count, seconds, recent, ...request } = options;
  const signal = abortOnInterrupt();
  const client = connectToLab(cli, globals);
  const running = await client.capture({ ...request, ...(recent && { recent: "true" as const }) });
  const output = await outputOf(out, globals).catch((error: unknown) => {
    running.cut();
    throw error;
  });
  const progress = makeProgress(cli.terminal);
  progress.note("capturing; Ctrl-C ends");
  const showsPassing = cli.terminal.errIsTty && out !== undefined;
  const onProgress = (intake: CaptureIntake) => {
    if (showsPassing) progress.passing(summary(intake));
  };
  const intake = await runCapture({ capture: running, output, packetsMax: count, seconds, signal, onProgress });
  progress.note(`${summary(intake)}, ${intake.dropped} dropped`);
  const file = out === undefined || out === "-" ? null : out;
  const { packets, dropped } = intake;
  return { ok: true, json: { ok: true, packets, bytes: intake.bytes, dropped, file }, text: "" };
}

async function outputOf(out: string | undefined, globals: Globals): Promise<CaptureOutput> {
  if (out === "-") return stdoutOutput();
  if (out !== undefined) return fileOutput(out);
  const lines = new DissectLines(globals.json ?? false);
  return stdoutOutput(({ frames }) => (frames.length === 0 ? "" : `${lines.text(frames)}\n`));
}

function summary(intake: CaptureIntake): string {
  return `${plural(intake.packets, "packet")}, ${bytes(intake.bytes)}`;
}
