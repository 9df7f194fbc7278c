import type { VLid, VQpn } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import { type Device, newDevice } from "../device.ts";
import type { DeviceChanges } from "./changes.ts";
import { connect } from "./connect.ts";
import { release } from "./guest.ts";
import type { PeerCut, Resume } from "./names.ts";
import { bindObjects, bindWindows, makeObjects } from "./objects.ts";
import { bindQueuePairs } from "./queue-pairs.ts";

/**
 * Make the device on this host, inert: objects under new names, queue pairs frozen and gated. All that can fail, fails
 * here. Answers, by queue pair, what those of its peers go on by that were cut.
 */
export function bind(
  backend: Backend,
  changes: DeviceChanges,
  at: {
    readonly memory: DeviceMemory;
    readonly epoch: number;
    readonly move: string;
    readonly cuts: readonly PeerCut[];
    /** What was made of it while the guest ran (presetup.ts), which the changes are changes of. */
    readonly prepared: Device | null;
  },
  now: number,
): ReadonlyMap<VQpn, Resume> {
  const { device: snapshot } = changes;
  const device = at.prepared ?? newDevice(snapshot.vlid as VLid, at.memory, at.epoch);
  device.epoch = at.epoch;
  device.detached = true;
  backend.enrol(device);
  device.next = { ...snapshot.next };
  device.last = snapshot.last;
  for (const peer of snapshot.inbound) device.inbound.add(peer as VLid);
  try {
    if (!at.prepared) makeObjects(backend, device, snapshot);
    bindObjects(backend, device, snapshot);
    bindQueuePairs(backend, device, changes, at.move, now);
    bindWindows(backend, device, snapshot);
  } catch (error) {
    release(backend, device.vlid);
    throw error;
  }
  return connect(backend, device, at.cuts);
}
