import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { guestTable } from "../output/views.ts";
import { connectToLab } from "../shell/lab-connection.ts";

/** `guest ls`: the guests of a lab. */
export function guestLs(cli: Cli): Command {
  return new Command("ls").description("list the guests").action((_options: object, command: Command) =>
    cli.finish(command, async (globals) => {
      const { guests } = await connectToLab(cli, globals).status();
      return { ok: true, json: { ok: true, guests }, text: guestTable(guests, cli.terminal.outStyle) };
    }),
  );
}
