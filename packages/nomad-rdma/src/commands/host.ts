import { imagesFolder } from "@nomad/guest";
import { name as nameSchema } from "@nomad/protocol/http";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Cli } from "../cli.ts";
import { defaultLabUrl } from "../settings/lab-address.ts";
import { machineName } from "../settings/shell/machine-name.ts";
import { runDaemon } from "../shell/daemon-command.ts";
import { daemonSecret } from "../shell/lab-connection.ts";
import { makeLogger } from "../shell/logger.ts";
import { type Address, address, integer } from "./options.ts";

interface Options {
  readonly name: string;
  readonly central: string;
  readonly listen: Address;
  readonly images?: string;
  readonly seed?: number;
  readonly icrc: boolean;
  readonly exitWithParent?: true;
}

/** `host`: a VMM host with its adapter and its coordinator, in the foreground. */
export function host(cli: Cli): Command {
  return new Command("host")
    .description("run a VMM host")
    .addOption(
      new Option("-n, --name <name>", "its name")
        .env("NOMAD_NAME")
        .argParser(hostName)
        .default(machineName(), "this machine's"),
    )
    .addOption(new Option("--central <url>", "the central server").env("NOMAD_CENTRAL").default(defaultLabUrl))
    .addOption(
      new Option("--listen <host:port>", "where it listens; port 0 is any free one")
        .env("NOMAD_LISTEN")
        .argParser(address)
        .default({ host: "127.0.0.1", port: 0 }, "127.0.0.1:0"),
    )
    .addOption(new Option("--images <directory>", "the images of guests").env("NOMAD_IMAGES"))
    .option("--seed <n>", "makes the adapter's numbers the same each time", integer(0, 2 ** 32 - 1))
    .option("--no-icrc", "leave out the packets' ICRC")
    .option("--exit-with-parent", "end when stdin ends")
    .action((options: Options, command: Command) =>
      cli.finish(command, (globals) =>
        runDaemon(cli, globals, {
          role: "host",
          name: options.name,
          exitWithParent: options.exitWithParent ?? false,
          start: async () => {
            const { startHost } = await import("@nomad/daemon");
            return startHost({
              name: options.name,
              central: options.central,
              ...options.listen,
              secret: daemonSecret(cli, globals).secret,
              images: options.images ?? imagesFolder,
              icrc: options.icrc,
              log: makeLogger(options.name, globals.verbose),
              ...(options.seed === undefined ? {} : { seed: options.seed }),
            });
          },
        }),
      ),
    );
}

function hostName(text: string): string {
  const result = nameSchema.safeParse(text);
  if (result.success) return result.data;
  throw new InvalidArgumentError(`${result.error.issues[0]?.message ?? "it is no name"}.`);
}
