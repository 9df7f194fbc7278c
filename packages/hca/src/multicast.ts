import { QPT_UD } from "@nomad/abi";
import { NomadError } from "@nomad/base";
import { isMulticastGid, isMulticastLid } from "@nomad/iba";
import { checkRoom, type DeviceLimits } from "./device-limits.ts";
import type { QueuePair } from "./queue-pair.ts";

interface Group {
  readonly mgid: Uint8Array;
  readonly members: Set<QueuePair>;
}

/** Which queue pairs of this port are in which multicast groups. On our wire a group's MLID and MGID stand for each other. */
export class MulticastGroups {
  readonly #groups = new Map<number, Group>();
  readonly #limits: DeviceLimits;

  constructor(limits: DeviceLimits) {
    this.#limits = limits;
  }

  /** Twice is once. @throws NomadError E_VERB for a wrong address, or a queue pair that is not UD. */
  attach(qp: QueuePair, mgid: Uint8Array, mlid: number): void {
    if (qp.type !== QPT_UD) throw new NomadError("E_VERB", "only datagram queue pairs join multicast groups");
    if (!isMulticastLid(mlid) || !isMulticastGid(mgid)) throw new NomadError("E_VERB", `${mlid} is no multicast group`);
    const group = this.#groups.get(mlid);
    if (group !== undefined && !equal(group.mgid, mgid)) {
      throw new NomadError("E_VERB", `multicast LID ${mlid} belongs to another group`);
    }
    if (group === undefined) checkRoom(this.#groups.size, this.#limits.maxMcastGrp, "multicast groups");
    const { mgid: kept, members } = group ?? { mgid: mgid.slice(), members: new Set<QueuePair>() };
    if (!members.has(qp)) checkRoom(members.size, this.#limits.maxMcastQpAttach, "queue pairs in one multicast group");
    members.add(qp);
    this.#groups.set(mlid, { mgid: kept, members });
  }

  /** @throws NomadError E_VERB when it is not in the group. */
  detach(qp: QueuePair, mgid: Uint8Array, mlid: number): void {
    const group = this.#groups.get(mlid);
    if (group === undefined || !equal(group.mgid, mgid) || !group.members.delete(qp)) {
      throw new NomadError("E_VERB", `queue pair ${qp.qpn} is not in multicast group ${mlid}`);
    }
    if (group.members.size === 0) this.#groups.delete(mlid);
  }

  /** Is the queue pair in any group? */
  has(qp: QueuePair): boolean {
    for (const { members } of this.#groups.values()) if (members.has(qp)) return true;
    return false;
  }

  find(mlid: number): Group | undefined {
    return this.#groups.get(mlid);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
