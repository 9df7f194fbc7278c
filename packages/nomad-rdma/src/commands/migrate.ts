import { injection, type MoveRequest, onDivergence } from "@nomad/protocol/http";
import { Command, Option } from "commander";
import type { Cli } from "../cli.ts";
import { LabWatch } from "../client/shell/lab-watch.ts";
import { Narrator } from "../output/narrator.ts";
import { moveTable } from "../output/views.ts";
import { connectToLab } from "../shell/lab-connection.ts";
import { makeProgress } from "../shell/progress.ts";
import { byteRate } from "./options.ts";

interface Options extends Pick<MoveRequest, "inject" | "bandwidth" | "onDivergence" | "strict" | "force"> {
  readonly presetup: boolean;
  readonly wait: boolean;
}

/** `migrate GUEST HOST`: moves a running guest. */
export function migrate(cli: Cli): Command {
  return new Command("migrate")
    .description("move a running guest to another host")
    .argument("<guest>", "the guest's name")
    .argument("<host>", "where it shall run")
    .option("--bandwidth <rate>", "bytes a second that copying may take while it runs, as 100M (k, M, G)", byteRate)
    .addOption(
      new Option("--on-divergence <what>", "when it writes as fast as it is copied").choices(onDivergence.options),
    )
    .addOption(new Option("--inject <fault>", "make the move suffer a fault").choices(injection.options))
    .option("--no-presetup", "make nothing of it at the destination before it has stopped")
    .option("--strict", "abort rather than cut a queue pair whose work is not acknowledged in time")
    .option("--force", "move although a raw context is connected to it: that connection breaks")
    .option("--no-wait", "return when the move has begun")
    .action((guest: string, to: string, options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const client = connectToLab(cli, globals);
        const progress = makeProgress(cli.terminal);
        const narrator = new Narrator(cli.terminal.errStyle, false);
        await using _events = new LabWatch(client, (event) => {
          const sentence =
            event.type === "move" && event.move.guest === guest && event.move.outcome === ""
              ? narrator.tell(event)
              : null;
          if (sentence && options.wait) progress.passing(sentence.text);
        });
        const { wait, presetup, ...ways } = options;
        // What is not asked for is not mentioned: a central of the version before may not know it.
        const asked = { guest, to, ...ways, ...(!presetup && { presetup }) };
        const move = await client.move(asked, { wait });
        progress.clear();
        const ok = wait ? move.outcome === "released" : true;
        const why = move.error ? `\n${move.error.code}: ${move.error.message}` : "";
        return { ok, json: { ok, move }, text: `${moveTable([move], cli.terminal.outStyle)}${why}` };
      }),
    );
}
