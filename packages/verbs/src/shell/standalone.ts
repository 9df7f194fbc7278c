import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { limits, type NomadError, Random } from "@nomad/base";
import { introduce, realClock } from "@nomad/daemon/shell";
import { Port } from "../port.ts";
import { Cables, type ListenAddress } from "./cables.ts";
import { Device } from "./device.ts";

export interface StandaloneOptions {
  /** Shared by all ports that link to each other. */
  readonly secret: Uint8Array;
  /** Unique among them; chosen when absent. */
  readonly name?: string;
  /** Unique among them, 1 to 0xbfff; chosen at random when absent. */
  readonly lid?: number;
  /** Address to listen on, when others dial; port 0 takes any free one. */
  readonly listen?: ListenAddress;
  /** Are ICRCs written and checked? Default true. */
  readonly icrc?: boolean;
  readonly heapBytes?: number;
  /** A port that dialled was refused. */
  readonly onRefused?: (error: NomadError, remote: string) => void;
  /** Of the adapter's random numbers; chosen when absent. */
  readonly seed?: number;
}

/** A port that needs no lab: it links to those that it dials and those that dial it. Rejects with E_CONFIG. */
export async function openStandalone(options: StandaloneOptions): Promise<Device> {
  const { secret, icrc = true, heapBytes, onRefused } = options;
  const name = options.name ?? `verbs-${randomUUID().slice(0, 8)}`;
  const lid = options.lid ?? randomInt(1, limits.unicastLidMax + 1);
  const hello = introduce("host", name, randomUUID(), { lid, icrc });
  const random = new Random(options.seed ?? randomBytes(4).readUInt32LE());
  const port = { lid, icrc, random, crc32, clock: realClock };
  const cables = { secret, hello, ...(onRefused && { onRefused }), ...(options.listen && { listen: options.listen }) };
  return Device.open({
    name,
    random: new Random(random.uint32()),
    ...(heapBytes !== undefined && { heapBytes }),
    makePort: (events) => new Port(port, events),
    sockets: (fabric) => new Cables({ ...cables, fabric }),
  });
}
