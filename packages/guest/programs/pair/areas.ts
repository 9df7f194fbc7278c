// What memory the program registers, and how it is divided.
import { ACCESS_LOCAL_WRITE, ACCESS_REMOTE_ATOMIC, ACCESS_REMOTE_READ, ACCESS_REMOTE_WRITE } from "nomad/abi";
import { check } from "nomad/check";
import { allocate } from "nomad/memory";
import { MemoryRegion, ProtectionDomain } from "nomad/verbs";

export const KIB: u32 = 1024;
export const MIB: u32 = 1024 * KIB;

/** A slot that holds any message but a big one. */
export const SLOT: u32 = 32 * KIB;
/** The largest message. Of big ones there is one at a time, of each kind and in each direction. */
export const BIG: u32 = MIB;
export const HEADER: u32 = 64;
/** What fits into a slot of a received message, behind its header. */
export const SMALL_MAX: u32 = SLOT - HEADER;

/** Receives posted: the peer's credits. */
export const RECEIVES: u32 = 32;
/** Slots of the peer for RDMA WRITEs, and ours for RDMA READs. */
export const WRITE_SLOTS: u32 = 8;
export const READ_SLOTS: u32 = 8;
export const SEND_SLOTS: u32 = 24;
export const ATOMIC_SLOTS: u32 = 16;
/** Static memory that the peer reads from. */
export const SOURCE: u32 = 2 * MIB;

/** Registered memory: an address, and the key to it. */
@final
export class Area {
  private constructor(
    readonly address: u32,
    readonly key: u32,
  ) {}

  static register(pd: ProtectionDomain, bytes: u32, access: u32): Area {
    const address = allocate(bytes, 4096);
    const region = pd.register(address, bytes, access);
    check(region !== null, "a memory region");
    return new Area(address, (region as MemoryRegion).key);
  }

  slot(index: u32): u32 {
    return this.address + index * SLOT;
  }
}

@final
export class Areas {
  /** RECEIVES slots, then the tail of a big message. */
  readonly receive: Area;
  /** WRITE_SLOTS slots, then a big one. */
  readonly write: Area;
  readonly source: Area;
  /** READ_SLOTS slots, then a big one. */
  readonly read: Area;
  /** SEND_SLOTS slots, then a big one with its header. */
  readonly send: Area;
  /** Old values that atomics bring back. */
  readonly atomic: Area;
  /** Two counters of the peer's: fetch-and-add, compare-and-swap. */
  readonly counters: Area;

  constructor(pd: ProtectionDomain) {
    this.receive = Area.register(pd, RECEIVES * SLOT + BIG, ACCESS_LOCAL_WRITE);
    this.write = Area.register(pd, WRITE_SLOTS * SLOT + BIG, ACCESS_LOCAL_WRITE | ACCESS_REMOTE_WRITE);
    this.source = Area.register(pd, SOURCE, ACCESS_REMOTE_READ);
    this.read = Area.register(pd, READ_SLOTS * SLOT + BIG, ACCESS_LOCAL_WRITE);
    this.send = Area.register(pd, SEND_SLOTS * SLOT + HEADER + BIG, 0);
    this.atomic = Area.register(pd, ATOMIC_SLOTS * 8, ACCESS_LOCAL_WRITE);
    this.counters = Area.register(pd, 16, ACCESS_LOCAL_WRITE | ACCESS_REMOTE_ATOMIC);
  }
}
