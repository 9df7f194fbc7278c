import type { VLid } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import { type Device, type DeviceSnapshot, newDevice } from "../device.ts";
import { recordDevice, recordQp } from "./changes.ts";
import { free } from "./guest.ts";
import { makeObjects } from "./objects.ts";
import { makeQueuePair } from "./queue-pairs.ts";

// While a guest is copied, its destination makes what queue pairs refer to, and the queue pairs as they are, inert.

/** What a running guest has; of its queue pairs those that are at rest. */
export function preview(backend: Backend, vlid: VLid): DeviceSnapshot {
  const device = backend.device(vlid);
  const qps = [...device.qps.values()].flatMap((qp) => {
    const snapshot = backend.hca.snapshotAtRest(qp.qpn);
    return snapshot ? [{ ...recordQp(qp), snapshot }] : [];
  });
  return { ...recordDevice(backend, device), qps };
}

/** At the destination: nobody finds the device before `bind` takes it, and no memory is written. `move` holds its send queues. */
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
    for (const { snapshot, ...record } of told.qps) {
      const { qpn } = makeQueuePair(backend, device, record, at.move, now);
      backend.hca.prepareQp(qpn, snapshot);
    }
  } catch (error) {
    free(backend, device);
    throw error;
  }
  return device;
}
