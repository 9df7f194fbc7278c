import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { faultTable } from "../output/fault-view.ts";
import { connectToLab } from "../shell/lab-connection.ts";

/** `fault ls`: the faults that stand. */
export function faultLs(cli: Cli): Command {
  return new Command("ls")
    .description("list the faults that stand, with what they have hit so far")
    .action((_options: object, command: Command) =>
      cli.finish(command, async (globals) => {
        const faults = await connectToLab(cli, globals).faults();
        return { ok: true, json: { ok: true, faults }, text: faultTable(faults, cli.terminal.outStyle) };
      }),
    );
}
