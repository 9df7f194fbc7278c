import type { Names } from "@nomad/hca";
import type { Cli, Globals } from "../../cli.ts";
import { LabClient } from "../../client/shell/lab-client.ts";
import { httpUrl } from "../../settings/lab-address.ts";
import { labAuthority, tlsFiles } from "../../settings/shell/tls-files.ts";
import { ownSecret } from "../../shell/lab-connection.ts";
import { readableLogLine } from "../log-line.ts";
import { daemonCommands } from "./daemon-commands.ts";
import { describeExit } from "./daemon-process.ts";
import { imagesOf } from "./images.ts";
import { Lab } from "./lab.ts";
import { LogFiles } from "./lab-state-file.ts";

/** A lab of real daemons on this machine. */
export interface StartOptions {
  readonly hosts: readonly string[];
  /** Central's port; 0 is any free one. */
  readonly port: number;
  readonly journal: string;
  /** Of the subnet, as `central --partition` takes them. Default: all hosts are in one. */
  readonly partitions?: readonly string[];
  readonly seed?: number | undefined;
  readonly names?: Names | undefined;
  readonly movesPerHost?: number | undefined;
  /** Will it outlive us? Then its logs go to files, else to our stderr. */
  readonly mayBeKept: boolean;
  readonly signal: AbortSignal;
}

/** Starts the daemons and a client that talks to their central. */
export async function startLab(
  cli: Cli,
  globals: Globals,
  options: StartOptions,
): Promise<{ lab: Lab; client: LabClient }> {
  const { path, secret } = ownSecret(cli, globals);
  const tls = tlsFiles(cli, globals);
  using files = options.mayBeKept ? new LogFiles(cli.cwd) : undefined;
  const commands = daemonCommands({
    port: options.port,
    journal: options.journal,
    partitions: options.partitions ?? [],
    secretFile: path,
    tls,
    images: imagesOf(cli),
    seed: options.seed,
    names: options.names,
    movesPerHost: options.movesPerHost,
    verbose: globals.verbose,
  });
  let started: Lab | undefined;
  const tell = (name: string, line: string): void => {
    if (!started?.ending || globals.verbose > 0) cli.terminal.err(`${name}: ${readableLogLine(line)}`);
  };
  const lab = await Lab.start({
    hosts: options.hosts,
    commands,
    log: (name) => files?.open(name) ?? ((line) => tell(name, line)),
    onDeath: ({ name, pid }, exit) => cli.terminal.err(`nomad-rdma: ${name} (pid ${pid}) ended: ${describeExit(exit)}`),
    signal: options.signal,
  });
  started = lab;
  return { lab, client: new LabClient({ url: httpUrl(lab.url), secret, ca: labAuthority(tls) }) };
}
