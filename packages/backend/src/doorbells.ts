import { DOORBELL_CONSUMER, DOORBELL_PRODUCER, DOORBELL_RING, DOORBELL_SLOTS } from "@nomad/abi";
import type { Device, Qp } from "./device.ts";

/** Calls `ring` for each queue pair whose doorbell was rung since the last call; for all when the ring was overrun. */
export function drainDoorbells(device: Device, ring: (qp: Qp) => void): void {
  const { words } = device.memory;
  const producer = Atomics.load(words, DOORBELL_PRODUCER >> 2);
  const rung = (producer - device.doorbells) >>> 0;
  if (rung === 0) return;
  if (rung > DOORBELL_SLOTS) {
    for (const qp of device.qps.values()) ring(qp);
  } else {
    for (let i = 0; i < rung; i++) {
      const slot = ((device.doorbells + i) >>> 0) % DOORBELL_SLOTS;
      const qp = device.qps.get(Atomics.load(words, (DOORBELL_RING >> 2) + slot) as Qp["vqpn"]);
      if (qp) ring(qp);
    }
  }
  device.doorbells = producer;
  Atomics.store(words, DOORBELL_CONSUMER >> 2, producer);
}
