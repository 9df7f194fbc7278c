import { NomadError } from "@nomad/base";
import { Command } from "commander";
import type { Cli } from "../cli.ts";
import { isOurs } from "../lab/shell/daemon-commands.ts";
import { removeLabState } from "../lab/shell/lab-state-file.ts";
import { commandLineOf, signalAll, survivors } from "../lab/shell/process-table.ts";
import { plural } from "../output/format.ts";
import { nearestLab } from "../shell/lab-connection.ts";

const politeMs = 2000;
const killedMs = 1000;

/** `lab down`: ends the nearest lab. */
export function labDown(cli: Cli): Command {
  return new Command("down")
    .description("end the lab that `lab up` started in this directory")
    .action((_options: object, command: Command) =>
      cli.finish(command, async () => {
        const found = nearestLab(cli.cwd);
        if (!found) throw new NomadError("E_NO_LAB", `no lab was started in ${cli.cwd} or above it`);
        const { path, state } = found;
        // The number of a process that is long gone may belong to another one now.
        const ours = state.processes.filter(({ pid }) => isOurs(commandLineOf(pid)));
        await endAll(ours.map(({ pid }) => pid));
        removeLabState(path, state.url);
        return { ok: true, json: { ok: true, ended: ours }, text: `ended ${plural(ours.length, "daemon")}` };
      }),
    );
}

async function endAll(pids: readonly number[]): Promise<void> {
  signalAll(pids, "SIGTERM");
  const deaf = await survivors(pids, politeMs);
  signalAll(deaf, "SIGKILL");
  const left = await survivors(deaf, killedMs);
  if (left.length > 0) throw new NomadError("E_TIMEOUT", `these processes do not end: ${left.join(", ")}`);
}
