// Registered memory of the library: slots that packets are sent from.

import { PROGRAM_BASE } from "../../../abi/src/layout.ts";
import { ACCESS_LOCAL_WRITE, ACCESS_REMOTE_READ } from "../abi.ts";
import { check } from "../check.ts";
import { allocate } from "../memory.ts";
import { MemoryRegion, ProtectionDomain } from "../verbs.ts";
import { PACKET_BYTES_MAX } from "./packet.ts";

/** Packets with data that are on their way, to all peers together. */
const SEND_SLOTS: u32 = 32;

/**
 * All of the program's memory as one region, so that data anywhere can be fetched by RDMA READ without registering it
 * first. The ranks of a job trust each other.
 */
export function registerEverything(pd: ProtectionDomain): MemoryRegion {
  const bytes = ((<u32>memory.size()) << 16) - PROGRAM_BASE;
  const region = pd.register(PROGRAM_BASE, bytes, ACCESS_LOCAL_WRITE | ACCESS_REMOTE_READ);
  check(region !== null, "MPI: the back-end registers the program's memory");
  return region!;
}

@final
export class SendSlots {
  private readonly base: u32 = allocate(SEND_SLOTS * PACKET_BYTES_MAX);
  private readonly free: u32[] = [];

  constructor() {
    for (let slot: u32 = 0; slot < SEND_SLOTS; slot++) this.free.push(slot);
  }

  get isEmpty(): bool {
    return this.free.length === 0;
  }

  take(): u32 {
    return this.free.pop();
  }

  give(slot: u32): void {
    this.free.push(slot);
  }

  addressOf(slot: u32): u32 {
    return this.base + slot * PACKET_BYTES_MAX;
  }
}
