// Tells the adapter that a send queue has new work: no call, two stores and a notify.
import { DOORBELL_PRODUCER, DOORBELL_RING, DOORBELL_SLOTS } from "../../abi/src/layout.ts";
import { ringBell } from "./vmm.ts";

export function ringDoorbell(vqpn: u32): void {
  const producer = atomic.load<u32>(DOORBELL_PRODUCER);
  atomic.store<u32>(DOORBELL_RING + ((producer & (DOORBELL_SLOTS - 1)) << 2), vqpn);
  atomic.store<u32>(DOORBELL_PRODUCER, producer + 1);
  ringBell();
}
