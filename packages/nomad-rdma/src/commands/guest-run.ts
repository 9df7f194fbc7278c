import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { guestTable } from "../output/views.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { keyValues } from "./options.ts";

interface Options {
  readonly name?: string;
  readonly host?: string;
}

/** `guest run IMAGE [KEY=VALUE...]`: starts a guest. */
export function guestRun(cli: Cli): Command {
  return new Command("run")
    .description("start a guest")
    .argument("<image>", "the name of a built image, such as pair")
    .argument("[arguments...]", "KEY=VALUE, handed to the guest's program")
    .option("-n, --name <name>", "the guest's name (default: the image's)")
    .option("--host <host>", "where it starts (default: central chooses)")
    .action((image: string, words: string[], options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const guest = await connectToLab(cli, globals).runGuest({
          name: options.name ?? image,
          image,
          arguments: keyValues(words),
          ...(options.host === undefined ? {} : { host: options.host }),
        });
        return { ok: true, json: { ok: true, guest }, text: guestTable([guest], cli.terminal.outStyle) };
      }),
    );
}
