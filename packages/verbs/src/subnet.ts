import { type Lid, limits, NomadError } from "@nomad/base";
import type { Hca } from "@nomad/hca";
import { FULL_MEMBER, gidOf, lidOfGid, type PathQuery, type PathRecord, partitionsMatch, pathRecord } from "@nomad/iba";

/** Who knows how packets get from this port to others: subnet administration. */
export interface Subnet {
  /** Rejects with E_UNREACHABLE when no path leads there, with E_TIMEOUT when nobody answers. */
  queryPath(query: PathQuery): Promise<PathRecord>;
}

/**
 * A subnet that nobody manages: a port's first global identifier says its LID, and everybody is taken to be in the
 * partitions that this port is in.
 */
export class UnmanagedSubnet implements Subnet {
  readonly #hca: Hca;

  constructor(hca: Hca) {
    this.#hca = hca;
  }

  async queryPath(query: PathQuery): Promise<PathRecord> {
    const { lid: slid } = this.#hca.queryPort();
    const dlid = query.dlid ?? (query.dgid && lidOfGid(query.dgid));
    if (dlid === undefined || dlid < 1 || dlid > limits.unicastLidMax) throw noPath("to that port");
    const pkey = this.#pkeys().find((own) => own !== 0 && partitionsMatch(own, query.pkey ?? own | FULL_MEMBER));
    if (pkey === undefined) throw noPath("in that partition");
    const dgid = query.dgid ?? gidOf(dlid as Lid);
    return pathRecord({ sgid: this.#hca.queryGid(0), dgid, slid, dlid: dlid as Lid, pkey });
  }

  #pkeys(): number[] {
    return Array.from({ length: this.#hca.queryPort().pkeyTblLen }, (_, index) => this.#hca.queryPkey(index));
  }
}

function noPath(where: string): NomadError {
  return new NomadError("E_UNREACHABLE", `the subnet has no path ${where}`);
}
