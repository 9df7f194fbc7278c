import { defaults } from "@nomad/base";
import type { Names } from "@nomad/hca";
import { Command } from "commander";
import type { Cli, Outcome } from "../cli.ts";
import type { LabClient } from "../client/shell/lab-client.ts";
import { LabWatch } from "../client/shell/lab-watch.ts";
import { hostNames } from "../lab/host-names.ts";
import { type LabFile, labFileName, parseLabFile } from "../lab/lab-file.ts";
import { removeLabState, writeLabState } from "../lab/shell/lab-state-file.ts";
import { readLabFile } from "../lab/shell/read-lab-file.ts";
import { startLab } from "../lab/shell/start-lab.ts";
import { guestTable, hostTable } from "../output/views.ts";
import { isFile } from "../settings/shell/nomad-directory.ts";
import { aborted, abortOnInterrupt } from "../shell/interrupt.ts";
import { integer, movesPerHostLimit, namesOption } from "./options.ts";

interface Options {
  readonly file?: string;
  readonly hosts?: number;
  readonly port: number;
  readonly journal: string;
  readonly movesPerHost?: number;
  readonly names: Names;
  readonly detach?: true;
}

const hostsUpMs = 10_000;

/** `lab up`: starts the lab that a file describes; in the foreground unless detached. */
export function labUp(cli: Cli): Command {
  return new Command("up")
    .description("start a lab on this machine; it ends with Ctrl-C, `lab down`, or the shell that started it")
    .option("-f, --file <path>", `the lab file (default: ${labFileName} when there is one)`)
    .option("--hosts <n>", "how many hosts (default: the file's, else 3)", integer(1, 64))
    .option("--port <n>", "central's port; 0 is any free one", integer(0, 65_535), defaults.centralPort)
    .option("--journal <path>", "the file of central's journal: guests, moves and their history outlive it", ":memory:")
    .option("--moves-per-host <n>", "moves under way from or to one host", integer(1, movesPerHostLimit))
    .addOption(namesOption())
    .option("-d, --detach", "leave the lab up and return")
    .action((options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const file = chosenLabFile(options);
        const hosts = options.hosts === undefined ? file.hosts : hostNames(options.hosts);
        const signal = abortOnInterrupt();
        const mayBeKept = options.detach ?? false;
        const started = await startLab(cli, globals, {
          hosts,
          partitions: file.partitions,
          port: options.port,
          journal: options.journal,
          movesPerHost: options.movesPerHost ?? file.movesPerHost,
          names: options.names,
          mayBeKept,
          signal,
        });
        await using lab = started.lab;
        const outcome = await furnish(cli, started.client, { ...file, hosts }, signal);
        const { url } = started.client;
        const statePath = writeLabState(cli.cwd, { name: file.name, url, processes: lab.processes });
        if (options.detach) {
          lab.keep();
          return outcome;
        }
        cli.print(outcome, globals);
        cli.terminal.err("The lab is up until Ctrl-C.");
        await Promise.race([aborted(signal), lab.ended]);
        removeLabState(statePath, url);
        return undefined;
      }),
    );
}

/** The file that was named, else the one in the working directory, else a lab of defaults. */
function chosenLabFile({ file }: Options): LabFile {
  return file !== undefined || isFile(labFileName) ? readLabFile(file ?? labFileName) : parseLabFile("{}", labFileName);
}

/** Waits for the hosts and starts the guests. */
async function furnish(cli: Cli, client: LabClient, file: LabFile, signal: AbortSignal): Promise<Outcome> {
  await using events = new LabWatch(client);
  const areUp = () => file.hosts.every((name) => events.view.hosts.get(name)?.state === "up");
  await events.until(`${file.hosts.length} hosts are up`, areUp, hostsUpMs, signal);
  for (const { host, ...guest } of file.guests) {
    await client.runGuest(host === undefined ? guest : { ...guest, host });
  }
  const { hosts, guests } = await client.status();
  const style = cli.terminal.outStyle;
  const text = [`The lab ${file.name} is up at ${client.url}`, hostTable(hosts, style), guestTable(guests, style)];
  return { ok: true, json: { ok: true, name: file.name, url: client.url, hosts, guests }, text: text.join("\n\n") };
}
