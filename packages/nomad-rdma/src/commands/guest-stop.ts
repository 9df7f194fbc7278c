import { NomadError } from "@nomad/base";
import { type Guest, hasEnded } from "@nomad/protocol/http";
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import type { LabClient } from "../client/shell/lab-client.ts";
import { LabWatch } from "../client/shell/lab-watch.ts";
import { guestTable } from "../output/views.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { integer } from "./options.ts";

interface Options {
  readonly force?: true;
  readonly wait: boolean;
  readonly seconds: number;
}

/** `guest stop GUEST`: asks a guest to end in its own way, or destroys it. */
export function guestStop(cli: Cli): Command {
  return new Command("stop")
    .description("ask a guest to end, and wait until it has")
    .argument("<guest>", "the guest's name")
    .option("--force", "destroy it at once")
    .option("--no-wait", "only ask")
    .option("--seconds <n>", "how long to wait", integer(1, 3600), 30)
    .action((name: string, options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const client = connectToLab(cli, globals);
        const asked = await stopUnlessEnded(client, name, options.force ?? false);
        if (!options.wait) return { ok: true, json: { ok: true, guest: asked }, text: "" };
        await using events = new LabWatch(client);
        const ended = () => [events.view.guests.get(name)].find((guest) => guest !== undefined && hasEnded(guest));
        if (!(await events.reaches(() => ended() !== undefined, options.seconds * 1000))) {
          throw new NomadError("E_TIMEOUT", `${name} did not end within ${options.seconds} s (--force destroys it)`);
        }
        const guest = ended() ?? asked;
        return { ok: true, json: { ok: true, guest }, text: guestTable([guest], cli.terminal.outStyle) };
      }),
    );
}

/** To stop a guest that has just ended, perhaps because its peer did, is no mistake. */
async function stopUnlessEnded(client: LabClient, name: string, force: boolean): Promise<Guest> {
  try {
    return await client.stopGuest(name, force);
  } catch (error) {
    const { guests } = await client.status();
    const guest = guests.find((candidate) => candidate.name === name);
    if (guest && hasEnded(guest)) return guest;
    throw error;
  }
}
