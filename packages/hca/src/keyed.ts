import { MW_TYPE_1 } from "@nomad/abi";
import type { Qpn, RKey } from "@nomad/base";
import { planted } from "./mutants.ts";
import type { DeviceMemory, MemoryRegion, MwType } from "./types.ts";

/**
 * What a key can open: bytes that a peer names from `address` on, `length` of them; byte `n` of its names is at `base + n`
 * of the memory.
 */
export interface Range {
  readonly memory: DeviceMemory;
  readonly base: number;
}

/** A registered region and the memory it is in. */
export interface Region extends MemoryRegion, Range {
  readonly kind: "region";
  /** Windows bound to it. */
  windows: number;
}

/** Who uses a key: a queue pair, in its domain. */
export interface KeyUser {
  readonly qpn: Qpn;
  readonly pd: number;
}

/** A window, which opens what it is bound to; an unbound one opens nothing. */
export class Window implements Range {
  readonly kind = "window";
  readonly type: MwType;
  readonly pd: number;
  rkey: RKey;
  region: Region | null = null;
  /** The queue pair that bound it, for type 2: it opens to no other. */
  owner: KeyUser | null = null;
  address = 0;
  length = 0;
  access = 0;
  base = 0;

  constructor(type: MwType, pd: number, rkey: RKey) {
    this.type = type;
    this.pd = pd;
    this.rkey = rkey;
  }

  /** The memory that it opens; only a bound window is asked. */
  get memory(): DeviceMemory {
    return (this.region as Region).memory;
  }

  opensTo(user: KeyUser): boolean {
    return this.region !== null && (this.type === MW_TYPE_1 || this.owner === user || planted.openWindowToAnyQp);
  }
}
