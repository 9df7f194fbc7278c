import type { VLid } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import { type Device, type DeviceSnapshot, newDevice } from "../device.ts";
import type { QpTold } from "./changes.ts";
import { free } from "./guest.ts";
import { makeObjects } from "./objects.ts";
import { makeQueuePair } from "./queue-pairs.ts";

// While a guest is copied, its destination makes what queue pairs refer to, and the queue pairs as they are, inert.

/**
 * What a `Preview` tells: nobody finds the device before `bind` takes it, and no memory is written. `move` holds its send queues.
 */
export function presetup(
  backend: Backend,
  told: DeviceSnapshot,
  at: { readonly memory: DeviceMemory; readonly move: string },
  now: number,
): Device {
  const device = newDevice(told.vlid as VLid, at.memory, 0);
  device.detached = true;
  try {
    makeObjects(backend, device, told);
    presetupQps(backend, device, told.qps, at.move, now);
  } catch (error) {
    free(backend, device);
    throw error;
  }
  return device;
}

/** More queue pairs of a device that `presetup` has made. */
export function presetupQps(
  backend: Backend,
  device: Device,
  told: readonly QpTold[],
  move: string,
  now: number,
): void {
  for (const { snapshot, ...record } of told) {
    const { qpn } = makeQueuePair(backend, device, record, move, now);
    backend.hca.prepareQp(qpn, snapshot);
  }
}
