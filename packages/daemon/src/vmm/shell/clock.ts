import { VMM_CLOCK_OFFSET } from "@nomad/abi";

/** The guest's monotonic clock: this host's, and the offset in the VMM's page. Nanoseconds. */
export function guestClock(memory: DataView): bigint {
  return process.hrtime.bigint() + memory.getBigInt64(VMM_CLOCK_OFFSET, true);
}

/** Makes the guest's clock go on from `clockNs`. */
export function setGuestClock(memory: DataView, clockNs: bigint): void {
  memory.setBigInt64(VMM_CLOCK_OFFSET, clockNs - process.hrtime.bigint(), true);
}
