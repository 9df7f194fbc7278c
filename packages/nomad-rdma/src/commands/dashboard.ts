import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { connectToLab } from "../shell/lab-connection.ts";

/** `dashboard`: a link for a browser. */
export function dashboard(cli: Cli): Command {
  return new Command("dashboard")
    .description("print a link into the lab's dashboard; it works once, within a minute")
    .action((_options: object, command: Command) =>
      cli.finish(command, async (globals) => {
        const url = await connectToLab(cli, globals).loginLink();
        return { ok: true, json: { ok: true, url }, text: url };
      }),
    );
}
