import { defaults, type Timings } from "@nomad/base";
import { parsePartitions } from "@nomad/protocol/http";
import { Command, Option } from "commander";
import type { Cli } from "../cli.ts";
import { tlsFiles, tlsIdentity } from "../settings/shell/tls-files.ts";
import { runDaemon } from "../shell/daemon-command.ts";
import { daemonSecret } from "../shell/lab-connection.ts";
import { makeLogger } from "../shell/logger.ts";
import { packageVersion } from "../shell/version.ts";
import { type Address, address, collected, integer, movesPerHostLimit, protocolVersionOption } from "./options.ts";
import { timingOption } from "./timing.ts";

interface Options {
  readonly listen: Address;
  readonly journal: string;
  readonly movesPerHost: number;
  readonly timing: Timings;
  readonly protocolVersion: number;
  readonly exitWithParent?: true;
  readonly crashIn?: string;
  readonly partition?: readonly string[];
}

/** `central`: the server that sequences moves, in the foreground. */
export function central(cli: Cli): Command {
  const listen = { host: "127.0.0.1", port: defaults.centralPort };
  return new Command("central")
    .description("run the central server")
    .addOption(
      new Option("--listen <host:port>", "where it listens; port 0 is any free one")
        .env("NOMAD_LISTEN")
        .argParser(address)
        .default(listen, `${listen.host}:${listen.port}`),
    )
    .addOption(new Option("--journal <path>", "the file of its journal").env("NOMAD_JOURNAL").default(":memory:"))
    .addOption(
      new Option("--moves-per-host <n>", "moves under way from or to one host; more wait their turn")
        .env("NOMAD_MOVES_PER_HOST")
        .argParser(integer(1, movesPerHostLimit))
        .default(defaults.movesPerHostMax),
    )
    .addOption(
      new Option(
        "--partition <name=pkey:members>",
        "a partition of the subnet, such as blue=0x8001:host-a,host-b=limited; may be repeated (default: the journal's)",
      )
        .env("NOMAD_PARTITIONS")
        .argParser(collected),
    )
    .addOption(timingOption())
    .addOption(protocolVersionOption())
    .option("--exit-with-parent", "end when stdin ends")
    .addOption(new Option("--crash-in <phase>", "for tests: die in this phase of the next move").hideHelp())
    .action((options: Options, command: Command) =>
      cli.finish(command, (globals) =>
        runDaemon(cli, globals, {
          role: "central",
          name: "central",
          exitWithParent: options.exitWithParent ?? false,
          start: async () => {
            const { startCentral } = await import("@nomad/daemon");
            const { siteDirectory } = await import("@nomad/dashboard");
            const { secret } = daemonSecret(cli, globals);
            const log = makeLogger("central", globals.verbose);
            return startCentral({
              ...options.listen,
              journal: options.journal,
              dashboard: siteDirectory,
              movesPerHostMax: options.movesPerHost,
              ...(options.partition && { partitions: parsePartitions(options.partition) }),
              timings: options.timing,
              protocolVersion: options.protocolVersion,
              ...(options.crashIn === undefined ? {} : { crashIn: options.crashIn }),
              version: packageVersion(),
              secret,
              tls: tlsIdentity(tlsFiles(cli, globals)),
              log,
            });
          },
        }),
      ),
    );
}
