import { defaults, type Timings } from "@nomad/base";
import { imagesFolder } from "@nomad/guest";
import type { Names } from "@nomad/hca";
import { name as nameSchema } from "@nomad/protocol/http";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Cli, Globals } from "../cli.ts";
import { defaultLabUrl } from "../settings/lab-address.ts";
import { findContainerPlace } from "../settings/shell/container-place.ts";
import { machineName } from "../settings/shell/machine-name.ts";
import { tlsFiles, tlsIdentity } from "../settings/shell/tls-files.ts";
import { runDaemon } from "../shell/daemon-command.ts";
import { daemonSecret } from "../shell/lab-connection.ts";
import { makeLogger } from "../shell/logger.ts";
import { type Address, address, integer, namesOption, protocolVersionOption } from "./options.ts";
import { timingOption } from "./timing.ts";

interface Options {
  readonly name?: string;
  readonly central: string;
  readonly listen: Address;
  readonly advertise?: string;
  readonly containerNetwork?: string;
  readonly images?: string;
  readonly seed?: number;
  readonly icrc: boolean;
  readonly names: Names;
  readonly remember: number;
  readonly timing: Timings;
  readonly protocolVersion: number;
  readonly exitWithParent?: true;
}

/** `host`: a VMM host with its adapter and its coordinator, in the foreground. */
export function host(cli: Cli): Command {
  return new Command("host")
    .description("run a VMM host")
    .addOption(
      new Option("-n, --name <name>", "its name (default: the container's, else the machine's)")
        .env("NOMAD_NAME")
        .argParser(hostName),
    )
    .addOption(new Option("--central <url>", "the central server").env("NOMAD_CENTRAL").default(defaultLabUrl))
    .addOption(
      new Option("--listen <host:port>", "where it listens; port 0 is any free one")
        .env("NOMAD_LISTEN")
        .argParser(address)
        .default({ host: "127.0.0.1", port: 0 }, "127.0.0.1:0"),
    )
    .addOption(
      new Option(
        "--advertise <address>",
        "the name or address by which other hosts reach it, if it is not --listen's",
      ).env("NOMAD_ADVERTISE"),
    )
    .addOption(
      new Option("--container-network <name>", "be known by this container's name and address on a network").env(
        "NOMAD_CONTAINER_NETWORK",
      ),
    )
    .addOption(new Option("--images <directory>", "the images of guests").env("NOMAD_IMAGES"))
    .option("--seed <n>", "makes the adapter's numbers the same each time", integer(0, 2 ** 32 - 1))
    .addOption(namesOption())
    .option("--no-icrc", "leave out the packets' ICRC")
    .addOption(
      new Option("--remember <packets>", "whose headers it keeps for `capture --recent` and the dashboard; 0 for none")
        .env("NOMAD_REMEMBER")
        .argParser(integer(0, 2 ** 20))
        .default(defaults.rememberedPackets),
    )
    .addOption(timingOption())
    .addOption(protocolVersionOption())
    .option("--exit-with-parent", "end when stdin ends")
    .action((options: Options, command: Command) =>
      cli.finish(command, async (globals) => {
        const network = options.containerNetwork;
        const place = network === undefined ? undefined : await findContainerPlace(network);
        const name = options.name ?? place?.name ?? machineName();
        const advertise = options.advertise ?? place?.address;
        const exitWithParent = options.exitWithParent ?? false;
        const start = () => startAs(cli, globals, { ...options, name, advertise });
        return runDaemon(cli, globals, { role: "host", name, exitWithParent, start });
      }),
    );
}

/** Settings that are known only when the host starts. */
interface Settled extends Omit<Options, "name" | "advertise"> {
  readonly name: string;
  readonly advertise: string | undefined;
}

async function startAs(cli: Cli, globals: Globals, options: Settled) {
  const { collectLessOften, startHost } = await import("@nomad/daemon");
  collectLessOften();
  const { name, central, listen, advertise, icrc, names, seed } = options;
  return startHost({
    name,
    central,
    ...listen,
    secret: daemonSecret(cli, globals).secret,
    tls: tlsIdentity(tlsFiles(cli, globals)),
    images: options.images ?? imagesFolder,
    timings: options.timing,
    protocolVersion: options.protocolVersion,
    icrc,
    names,
    rememberedPackets: options.remember,
    log: makeLogger(name, globals.verbose),
    ...(advertise === undefined ? {} : { advertise }),
    ...(seed === undefined ? {} : { seed }),
  });
}

function hostName(text: string): string {
  const result = nameSchema.safeParse(text);
  if (result.success) return result.data;
  throw new InvalidArgumentError(`${result.error.issues[0]?.message ?? "it is no name"}.`);
}
