import { NomadError } from "@nomad/base";
import { FULL_MEMBER, PARTITION_MASK } from "@nomad/iba";
import * as z from "zod";
import { name } from "./schema.ts";

/** Stands for every host, as in opensm's partitions.conf. */
export const everyHost = "ALL";

/**
 * A partition of the subnet: hosts in one may talk to each other, but for two limited members. `pkey` is its number, 1 to
 * 0x7fff.
 */
export const partition = z.strictObject({
  name,
  pkey: z.int().min(1).max(PARTITION_MASK),
  members: z.record(z.union([name, z.literal(everyHost)]), z.enum(["full", "limited"])),
});
export type Partition = z.infer<typeof partition>;
type Membership = Partition["members"][string];

const shape = "NAME=PKEY:MEMBER[,MEMBER...], a member being a host or ALL, with =full or =limited behind it";

/**
 * Reads `blue=0x8001:host-a,host-b=limited`. Who is said to be neither full nor limited is what the highest bit of the
 * P_Key says. @throws NomadError E_CONFIG
 */
export function parsePartition(text: string): Partition {
  const match = /^([^=]+)=(0[xX][0-9a-fA-F]{1,4}|\d{1,5}):(.+)$/.exec(text);
  const [, partitionName, number, members] = match ?? [];
  const pkey = Number(number);
  if (members === undefined || pkey > 0xffff) throw new NomadError("E_CONFIG", `partition ${text}: expected ${shape}`);
  const usual: Membership = (pkey & FULL_MEMBER) !== 0 ? "full" : "limited";
  const read = partition.safeParse({
    name: partitionName,
    pkey: pkey & PARTITION_MASK,
    members: Object.fromEntries(members.split(",").map((member) => memberOf(member, usual))),
  });
  if (read.success) return read.data;
  throw new NomadError("E_CONFIG", `partition ${text}: ${z.prettifyError(read.error)}; expected ${shape}`);
}

function memberOf(text: string, usual: Membership): [string, string] {
  const [host = "", membership = usual] = text.split("=");
  return [host, membership];
}

/** Reads a subnet's partitions. @throws NomadError E_CONFIG when two have one name or one number */
export function parsePartitions(texts: readonly string[]): Partition[] {
  const partitions = texts.map(parsePartition);
  for (const key of ["name", "pkey"] as const) {
    const twice = partitions.find((one, i) => partitions.findIndex((other) => other[key] === one[key]) !== i);
    if (twice) throw new NomadError("E_CONFIG", `partition ${twice.name}: another one has its ${key} ${twice[key]}`);
  }
  return partitions;
}
