import {
  ACCESS_LOCAL_WRITE,
  ACCESS_MW_BIND,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  ACCESS_ZERO_BASED,
} from "@nomad/abi";
import { type LKey, NomadError, type RKey } from "@nomad/base";
import { checkRoom } from "./device-limits.ts";
import { KeyTable } from "./key-table.ts";
import type { KeyUser, Range, Region, Window } from "./keyed.ts";
import { planted } from "./mutants.ts";
import type { Numbering } from "./numbering.ts";
import type { ProtectionDomains } from "./protection-domains.ts";
import type { DeviceMemory, MemoryRegion } from "./types.ts";

export interface RegionInit {
  readonly pd: number;
  readonly memory: DeviceMemory;
  readonly address: number;
  /** Zero is allowed: such a region has keys and gives access to nothing. */
  readonly length: number;
  /** ACCESS_* flags. */
  readonly access: number;
}

/** What `reregister` may change; what is left out stays. */
export type RegionChange = Partial<Omit<RegionInit, "memory">>;

const ACCESS_KNOWN =
  ACCESS_LOCAL_WRITE |
  ACCESS_REMOTE_WRITE |
  ACCESS_REMOTE_READ |
  ACCESS_REMOTE_ATOMIC |
  ACCESS_MW_BIND |
  ACCESS_ZERO_BASED;

/** Memory regions, and what their keys and those of windows open. */
export class MemoryRegions {
  /** Raised whenever a key is lost; what was looked up under another generation must be looked up again. */
  generation = 0;
  readonly keys: KeyTable<Region | Window>;
  readonly #pds: ProtectionDomains;
  readonly #max: number;
  #count = 0;

  constructor(numbering: Numbering, pds: ProtectionDomains, max: number) {
    this.keys = new KeyTable(numbering);
    this.#pds = pds;
    this.#max = max;
  }

  /** @throws NomadError E_VERB when the range or the access flags are wrong. */
  register(init: RegionInit): MemoryRegion {
    checkRoom(this.#count, this.#max, "memory regions");
    checkInit(init);
    this.#pds.refer(init.pd, 1);
    const index = this.keys.takeIndex();
    const [lkey, rkey] = this.keys.newKeys(index);
    const region = regionOf(init, lkey as LKey, rkey as RKey);
    this.keys.set(index, region);
    this.#count++;
    return region;
  }

  /**
   * Changes a region under its keys (ibv_rereg_mr).
   * @throws NomadError E_VERB as `register`, E_BUSY while windows are bound to it.
   */
  reregister(lkey: LKey, change: RegionChange): MemoryRegion {
    const old = this.#unbound(lkey);
    const init = { ...old, ...change };
    checkInit(init);
    this.#pds.refer(init.pd, 1);
    this.#pds.refer(old.pd, -1);
    const region = regionOf(init, old.lkey, old.rkey);
    this.keys.replace(lkey, region);
    this.generation++;
    return region;
  }

  /** @throws NomadError E_VERB when there is no such region, E_BUSY while windows are bound to it. */
  deregister(lkey: LKey): void {
    const region = this.#unbound(lkey);
    this.keys.release(lkey);
    this.#pds.refer(region.pd, -1);
    this.#count--;
    this.generation++;
  }

  /** The region with this lkey, or null. */
  find(lkey: number): Region | null {
    const entry = this.keys.at(lkey);
    return entry?.kind === "region" && (entry.lkey === lkey || planted.acceptStaleLkey) ? entry : null;
  }

  /** The region that this lkey opens, in this domain, for this range and access; null when any of it does not hold. */
  local(lkey: number, pd: number, address: number, length: number, access: number): Range | null {
    const region = this.find(lkey);
    if (region === null || (region.pd !== pd && !planted.skipPdCheck)) return null;
    return covers(region, address, length, access) ? region : null;
  }

  /** What this rkey opens to a queue pair's peer: a region, or a window that is bound. */
  remote(rkey: number, user: KeyUser, address: number, length: number, access: number): Range | null {
    const entry = this.keys.at(rkey);
    if (entry === null || (entry.rkey !== rkey && !planted.acceptStaleRkey)) return null;
    if (entry.pd !== user.pd && !planted.skipPdCheck) return null;
    if (entry.kind === "window" && !entry.opensTo(user)) return null;
    return covers(entry, address, length, access) ? entry : null;
  }

  #unbound(lkey: LKey): Region {
    const region = this.find(lkey);
    if (region === null) throw new NomadError("E_VERB", `no memory region has lkey ${lkey}`);
    if (region.windows > 0 && !planted.freeBoundRegion) {
      throw new NomadError("E_BUSY", `${region.windows} memory windows are bound to region ${lkey}`);
    }
    return region;
  }
}

/** Is the range inside, and every access asked for allowed? */
function covers(entry: Region | Window, address: number, length: number, access: number): boolean {
  if ((entry.access & access) !== access && !planted.skipAccessCheck) return false;
  const offset = address - (entry.access & ACCESS_ZERO_BASED ? 0 : entry.address);
  const extra = planted.skipBoundsCheck ? 8 : 0;
  return offset >= -extra && length <= entry.length + extra - offset;
}

function regionOf(init: RegionInit, lkey: LKey, rkey: RKey): Region {
  const { pd, memory, address, length, access } = init;
  const base = access & ACCESS_ZERO_BASED ? address : 0;
  return { kind: "region", lkey, rkey, pd, memory, address, length, access, base, windows: 0 };
}

function checkInit({ memory, address, length, access }: RegionInit): void {
  const inside = Number.isInteger(address) && Number.isInteger(length) && address >= 0 && length >= 0;
  if (!inside || address + length > memory.bytes.length) {
    throw new NomadError("E_VERB", `a region of ${length} bytes at ${address} is outside the memory`);
  }
  if ((access & ~ACCESS_KNOWN) !== 0) throw new NomadError("E_VERB", `access flags ${access} are not known`);
  const remoteChange = ACCESS_REMOTE_WRITE | ACCESS_REMOTE_ATOMIC;
  if ((access & remoteChange) !== 0 && (access & ACCESS_LOCAL_WRITE) === 0) {
    throw new NomadError("E_VERB", "remote write and atomic access need local write access");
  }
}
