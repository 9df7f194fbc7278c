import type { LabView, Status } from "@nomad/protocol/http";
import { Command } from "commander";
import type { Cli, Globals } from "../cli.ts";
import type { LabClient } from "../client/shell/lab-client.ts";
import { LabWatch } from "../client/shell/lab-watch.ts";
import type { Style } from "../output/style.ts";
import { guestTable, hostTable, moveTable } from "../output/views.ts";
import { connectToLab } from "../shell/lab-connection.ts";

/** `status`: the hosts, the guests and the moves of a lab, once or as they change. */
export function status(cli: Cli): Command {
  return new Command("status")
    .description("show the hosts, the guests and the moves of a lab")
    .option("-w, --watch", "go on showing what changes (with --json: one event a line)")
    .action((options: { watch?: true }, command: Command) =>
      cli.finish(command, async (globals) => {
        const client = connectToLab(cli, globals);
        if (options.watch) return void (await watch(cli, globals, client));
        const { hosts, guests, moves } = await client.status();
        return {
          ok: true,
          json: { ok: true, hosts, guests, moves },
          text: tables({ hosts, guests, moves }, cli.terminal.outStyle),
        };
      }),
    );
}

async function watch(cli: Cli, globals: Globals, client: LabClient): Promise<void> {
  if (globals.json) {
    for await (const event of client.events()) cli.terminal.out(JSON.stringify(event));
    return;
  }
  const events: LabWatch = new LabWatch(client, (event) => {
    if (event.type === "log" || event.type === "report") return;
    cli.terminal.clear();
    cli.terminal.out(tables(lists(events.view), cli.terminal.outStyle));
  });
  await events.untilEnd();
}

function lists(view: LabView): Pick<Status, "hosts" | "guests" | "moves"> {
  return { hosts: [...view.hosts.values()], guests: [...view.guests.values()], moves: [...view.moves.values()] };
}

function tables({ hosts, guests, moves }: Pick<Status, "hosts" | "guests" | "moves">, style: Style): string {
  return [hostTable(hosts, style), guestTable(guests, style), moveTable(moves, style)].join("\n\n");
}
