import { fileURLToPath } from "node:url";
import type { Names } from "@nomad/hca";
import type { TlsFiles } from "../../settings/shell/tls-files.ts";
import type { DaemonCommands } from "./lab.ts";

const binary = fileURLToPath(new URL("../../../bin/nomad-rdma.mjs", import.meta.url));

/** What all daemons of a lab on this machine have in common. */
export interface DaemonSettings {
  /** Central's port; 0 is any free one. */
  readonly port: number;
  readonly journal: string;
  /** Of the subnet, as `--partition` takes them. */
  readonly partitions: readonly string[];
  readonly secretFile: string;
  readonly tls?: TlsFiles;
  /** Moves under way from or to one host; central's default when left out. */
  readonly movesPerHost?: number | undefined;
  readonly images: string;
  /** The first host's seed; the others count on. */
  readonly seed?: number | undefined;
  /** How the adapters number queue pairs and keys. */
  readonly names?: Names | undefined;
  readonly verbose: number;
}

/** Command lines of this very program as central and as hosts; they end when their parent does. */
export function daemonCommands(settings: DaemonSettings): DaemonCommands {
  const common = ["--json", "--exit-with-parent", "--secret-file", settings.secretFile];
  const tls = Object.entries(settings.tls ?? {}).flatMap(([file, path]) =>
    path === undefined ? [] : [`--tls-${file}`, path],
  );
  const all = [...common, ...tls, ...Array.from({ length: settings.verbose }, () => "-v")];
  return {
    central: () => [
      process.execPath,
      binary,
      "central",
      ...all,
      ...["--listen", `127.0.0.1:${settings.port}`],
      ...["--journal", settings.journal],
      ...(settings.movesPerHost === undefined ? [] : ["--moves-per-host", String(settings.movesPerHost)]),
      ...settings.partitions.flatMap((partition) => ["--partition", partition]),
    ],
    host: ({ name, index, central }) => [
      process.execPath,
      binary,
      "host",
      ...all,
      ...["--name", name],
      ...["--central", central],
      ...["--listen", "127.0.0.1:0"],
      ...["--images", settings.images],
      ...(settings.names === undefined ? [] : ["--names", settings.names]),
      ...(settings.seed === undefined ? [] : ["--seed", String((settings.seed + index) % 2 ** 32)]),
    ],
  };
}

/** Is this the command line of a daemon or a launcher of ours? */
export function isOurs(commandLine: string): boolean {
  return commandLine.includes("nomad-rdma");
}
