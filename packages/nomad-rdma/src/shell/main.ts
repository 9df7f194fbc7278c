import { NomadError } from "@nomad/base";
import { CommanderError } from "commander";
import { Cli } from "../cli.ts";
import { errorText, reportOf } from "../output/error-text.ts";
import { makeProgram } from "../program.ts";
import { Interrupted } from "./interrupt.ts";
import { processTerminal } from "./terminal.ts";
import { packageVersion } from "./version.ts";

/** Runs the command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<never> {
  const cli = new Cli(processTerminal(), process.cwd(), process.env);
  process.exit(await run(argv, cli));
}

/** @returns the exit code: 0 success, 1 failure, 2 wrong usage, 128 and the signal's number when interrupted */
export async function run(argv: readonly string[], cli: Cli): Promise<number> {
  const program = makeProgram(cli, packageVersion());
  try {
    await program.parseAsync(argv, { from: "user" });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof Interrupted) {
      cli.terminal.err(`nomad-rdma: ${error.message}`);
      return error.exitCode;
    }
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === "commander.help") return 2;
    return tell(error instanceof CommanderError ? usageError(error) : error, argv, cli);
  }
}

function tell(error: unknown, argv: readonly string[], cli: Cli): number {
  const report = reportOf(error);
  cli.terminal.err(errorText(report));
  // The options may not have been understood at all: look for this one by hand.
  if (argv.includes("--json")) cli.terminal.out(JSON.stringify({ ok: false, error: report }));
  return report.code === "E_USAGE" ? 2 : 1;
}

function usageError(error: CommanderError): NomadError {
  return new NomadError("E_USAGE", error.message.replace(/^error: /, ""), { cause: error });
}
