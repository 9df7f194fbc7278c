import { type Lid, limits, NomadError } from "@nomad/base";
import {
  FULL_MEMBER,
  gidOf,
  guidOf,
  type PathQuery,
  type PathRecord,
  PKEY_DEFAULT,
  partitionsMatch,
  pathRecord,
  SUBNET_PREFIX_DEFAULT,
  subnetGid,
} from "@nomad/iba";
import { everyHost, type Partition } from "../http/index.ts";
import type { PortSettings } from "../schema.ts";
import type { HostRecord } from "./directory.ts";

/** The partition that every subnet has; all are full members of it unless it is configured otherwise. */
const defaultPartition: Partition = {
  name: "default",
  pkey: PKEY_DEFAULT & ~FULL_MEMBER,
  members: { [everyHost]: "full" },
};
/** In the table of a port that is in no partition: it names none. */
const PKEY_NONE = 0;

/**
 * The subnet manager and its subnet administration (IBA 14, 15) without their IO: it says what each host's port is to be,
 * and how packets get from one to another. Ports are the directory's hosts; a host keeps its LID for good.
 */
export class SubnetManager {
  readonly #hosts: ReadonlyMap<string, HostRecord>;
  /** The default one first: where programs look when they do not ask for another. */
  readonly #partitions: readonly Partition[];

  constructor(hosts: ReadonlyMap<string, HostRecord>, partitions: readonly Partition[]) {
    const isDefault = ({ pkey }: Partition) => pkey === defaultPartition.pkey;
    this.#hosts = hosts;
    this.#partitions = [
      partitions.find(isDefault) ?? defaultPartition,
      ...partitions.filter((each) => !isDefault(each)),
    ];
  }

  /** A LID for a port that is new to this subnet: the one that it has already, when nobody else has it. @throws NomadError E_CONFIG */
  newLid(held: Lid | null): Lid {
    const taken = new Set([...this.#hosts.values()].map(({ lid }) => lid));
    if (held !== null && held !== 0 && !taken.has(held)) return held;
    for (let lid = 1 as Lid; lid <= limits.unicastLidMax; lid++) if (!taken.has(lid)) return lid;
    throw new NomadError("E_CONFIG", `all ${limits.unicastLidMax} LIDs of the subnet are given out`);
  }

  /** What a host's port is to be set to. */
  settings(host: string, lid: Lid): PortSettings {
    const pkeys = this.#partitions.flatMap((partition) => pkeyOf(partition, host));
    return {
      gids: [gidOf(lid), subnetGid(SUBNET_PREFIX_DEFAULT, guidOf(lid))],
      pkeys: pkeys.length > 0 ? pkeys : [PKEY_NONE],
    };
  }

  /** How packets get from a host's port to another's. @throws NomadError E_NO_HOST, E_UNREACHABLE when no way leads there */
  path(from: string, query: PathQuery): PathRecord {
    const source = this.#hosts.get(from);
    if (source === undefined) throw new NomadError("E_NO_HOST", `no host is called ${from}`);
    const target = this.#find(query);
    if (target === undefined) throw noPath(from, "that port");
    const [own, its] = [source, target].map(({ name, lid }) => this.settings(name, lid)) as [
      PortSettings,
      PortSettings,
    ];
    const asked = query.pkey;
    const pkey = own.pkeys.find(
      (mine) =>
        (asked === undefined || partitionsMatch(mine, asked)) &&
        its.pkeys.some((theirs) => partitionsMatch(mine, theirs)),
    );
    if (pkey === undefined) throw noPath(from, `${target.name}: no partition joins them`);
    const sgid = own.gids[0] as Uint8Array;
    const dgid = query.dgid ?? (its.gids[0] as Uint8Array);
    return pathRecord({ sgid, dgid, slid: source.lid, dlid: target.lid, pkey });
  }

  /** May what runs at one host, in the first partition of its table, run at the other? */
  alike(from: HostRecord, to: HostRecord): boolean {
    return this.settings(from.name, from.lid).pkeys[0] === this.settings(to.name, to.lid).pkeys[0];
  }

  #find({ dlid, dgid }: PathQuery): HostRecord | undefined {
    for (const host of this.#hosts.values()) {
      if (host.portState === "DOWN" || (dlid !== undefined && host.lid !== dlid)) continue;
      const { gids } = this.settings(host.name, host.lid);
      if (dgid === undefined ? dlid !== undefined : gids.some((gid) => sameBytes(gid, dgid))) return host;
    }
    return undefined;
  }
}

/** A host's P_Key in a partition: none, or one that says by its highest bit which kind of member it is. */
function pkeyOf({ pkey, members }: Partition, host: string): number[] {
  const membership = members[host] ?? members[everyHost];
  if (membership === undefined) return [];
  return [membership === "full" ? pkey | FULL_MEMBER : pkey];
}

function noPath(from: string, to: string): NomadError {
  return new NomadError("E_UNREACHABLE", `the subnet has no path from ${from} to ${to}`);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
