import { type Lid, NomadError } from "@nomad/base";
import { isMulticastLid } from "@nomad/iba";
import type { ProtectionDomain } from "./protection-domain.ts";

/** Attributes of ibv_create_ah. A multicast LID needs `grh` with the group's identifier. */
export interface AhAttributes {
  readonly dlid: number;
  /** Service level. */
  readonly sl?: number;
  readonly grh?: {
    /** 16 bytes. */
    readonly dgid: Uint8Array;
    readonly sgidIndex?: number;
    readonly trafficClass?: number;
    readonly flowLabel?: number;
    readonly hopLimit?: number;
  };
}

/** Where datagrams go. */
export class AddressHandle implements Disposable {
  readonly pd: ProtectionDomain;
  readonly dlid: number;
  readonly handle: number;
  #destroyed = false;

  constructor(pd: ProtectionDomain, { dlid, sl = 0, grh }: AhAttributes) {
    this.pd = pd;
    this.dlid = dlid;
    this.handle = pd.context.hca.createAh({
      pd: pd.handle,
      dlid: dlid as Lid,
      sl,
      ...(grh && { isGlobal: true, ...grh }),
    });
  }

  /** What it was made with; attributes that were left out have their defaults. */
  query(): AhAttributes {
    const { dlid, sl, dgid, sgidIndex, trafficClass, flowLabel, hopLimit } = this.pd.context.hca.queryAh(this.handle);
    return { dlid, sl, ...(dgid && { grh: { dgid, sgidIndex, trafficClass, flowLabel, hopLimit } }) };
  }

  destroy(): void {
    if (this.#destroyed || this.pd.context.closed) return;
    this.pd.context.hca.destroyAh(this.handle);
    this.#destroyed = true;
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

/** A multicast group, and the handle to it. */
export interface MulticastGroup {
  /** 0xc000 to 0xfffe. */
  readonly mlid: number;
  /** 16 bytes, the first 0xff. */
  readonly mgid: Uint8Array;
}

/** The group of a multicast LID, on a fabric where nobody has assigned identifiers: ff1e::LID. @throws NomadError E_VERB */
export function multicastGroup(mlid: number): MulticastGroup {
  if (!isMulticastLid(mlid)) throw new NomadError("E_VERB", `LID ${mlid}: a group has 0xc000 to 0xfffe`);
  const mgid = Buffer.alloc(16);
  mgid.writeUInt16BE(0xff1e, 0);
  mgid.writeUInt16BE(mlid, 14);
  return { mlid, mgid };
}
