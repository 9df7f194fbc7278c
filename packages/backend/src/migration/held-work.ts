import { QUEUE_CONSUMER, QUEUE_PRODUCER } from "@nomad/abi";
import type { Device, Qp } from "../device.ts";

/** Work requests of these queue pairs that are posted and not completed. */
export function heldWork(device: Device, qps: Iterable<Qp>): number {
  const { words } = device.memory;
  let held = 0;
  for (const { sq } of qps) {
    const producer = Atomics.load(words, (sq.record + QUEUE_PRODUCER) >> 2);
    const consumer = Atomics.load(words, (sq.record + QUEUE_CONSUMER) >> 2);
    held += (producer - consumer) >>> 0;
  }
  return held;
}
