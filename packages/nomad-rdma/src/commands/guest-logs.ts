import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { connectToLab } from "../shell/lab-connection.ts";

/** `guest logs GUEST`: what a guest printed, on whichever host it was. */
export function guestLogs(cli: Cli): Command {
  return new Command("logs")
    .description("show what a guest printed")
    .argument("<guest>", "the guest's name")
    .option("-f, --follow", "go on with what it prints, until it ends")
    .action((guest: string, options: { follow?: true }, command: Command) =>
      cli.finish(command, async (globals) => {
        const lines = connectToLab(cli, globals).logs(guest, { follow: options.follow ?? false });
        for await (const line of lines) cli.terminal.out(globals.json ? JSON.stringify(line) : line.line);
        return undefined;
      }),
    );
}
