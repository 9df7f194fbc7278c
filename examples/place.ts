// What every example needs before it can begin: its arguments, and a port.
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { type Device, openStandalone } from "@nomad/verbs/device";
import { nearestDirectory, readOrMakeSecret } from "nomad-rdma";

/** Where a port is. */
export const placeOptions = {
  listen: { type: "string" },
  connect: { type: "string" },
  "secret-file": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsOptionsConfig;

const placeHelp = `
  --listen PORT         wait for others on 127.0.0.1:PORT (default: any free port)
  --connect URL         go to one that listens
  --secret-file FILE    what both must know (default: $NOMAD_SECRET_FILE, else .nomad/secret, made when missing)
  --help`;

/** The arguments; prints the help, and ends, when that is asked for. */
export function argumentsOf<Options extends ParseArgsOptionsConfig>(usage: string, options: Options) {
  const { values } = parseArgs({ options: { ...placeOptions, ...options } });
  if ("help" in values) {
    console.log(`${usage}\n${placeHelp}`);
    process.exit();
  }
  return values;
}

interface Place {
  readonly listen?: string | undefined;
  readonly connect?: string | undefined;
  readonly "secret-file"?: string | undefined;
}

/** A port that is linked to the one at `--connect`, whose LID is `peer`; or one that listens, and says where. */
export async function openPlace(place: Place): Promise<{ device: Device; peer: number | null }> {
  const file = place["secret-file"] ?? process.env.NOMAD_SECRET_FILE ?? nearestDirectory(process.cwd()).secret;
  const secret = readOrMakeSecret(file);
  if (place.connect !== undefined) {
    const device = await openStandalone({ secret });
    return { device, peer: await device.dial(place.connect) };
  }
  const device = await openStandalone({ secret, listen: { host: "127.0.0.1", port: Number(place.listen ?? 0) } });
  console.log(`now, in another terminal: node ${process.argv[1]} --connect ${device.url}`);
  return { device, peer: null };
}
