import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { faultTable } from "../output/fault-view.ts";
import { connectToLab } from "../shell/lab-connection.ts";

/** `fault lift FAULT`: takes faults back. */
export function faultLift(cli: Cli): Command {
  return new Command("lift")
    .description("lift a fault, or all of them")
    .argument("<fault>", "its name, as `fault ls` shows it, or all")
    .action((fault: string, _options: object, command: Command) =>
      cli.finish(command, async (globals) => {
        const faults = await connectToLab(cli, globals).liftFault(fault);
        return { ok: true, json: { ok: true, faults }, text: faultTable(faults, cli.terminal.outStyle) };
      }),
    );
}
