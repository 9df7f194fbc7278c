import { isDeepStrictEqual } from "node:util";
import type { VLid, VQpn } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import { type Device, type DeviceSnapshot, newDevice, type Qp } from "../device.ts";
import { qpInit } from "../qp-init.ts";
import { free, recordQp } from "./guest.ts";
import { known, makeObjects, recordObjects } from "./objects.ts";

// While a guest is copied, its destination makes what queue pairs refer to, and the queue pairs, inert. When the guest has
// stopped, only what has changed since is told: nothing of a queue pair that was not used.

/** What a running guest has; of its queue pairs those that are at rest. */
export function preview(backend: Backend, vlid: VLid): DeviceSnapshot {
  const device = backend.device(vlid);
  const qps = [...device.qps.values()].flatMap((qp) => {
    const snapshot = backend.hca.snapshotAtRest(qp.qpn);
    return snapshot ? [{ ...recordQp(qp), snapshot }] : [];
  });
  const { inbound, next, last } = device;
  return { vlid, ...recordObjects(backend, device), qps, inbound: [...inbound], next: { ...next }, last };
}

/** What differs from a device that was told before: `device` has the queue pairs that are new or not as they were. */
export interface DeviceChanges {
  readonly device: DeviceSnapshot;
  readonly gone: readonly VQpn[];
}

/** Null when what queue pairs refer to has changed: then all must be told anew. */
export function changesOf(told: DeviceSnapshot, now: DeviceSnapshot): DeviceChanges | null {
  const same = (["pds", "cqs", "regions"] as const).every((kind) => isDeepStrictEqual(told[kind], now[kind]));
  if (!same) return null;
  const before = new Map(told.qps.map((qp) => [qp.vqpn, qp]));
  const living = new Set(now.qps.map(({ vqpn }) => vqpn));
  const qps = now.qps.filter((qp) => !isDeepStrictEqual(before.get(qp.vqpn), qp));
  return { device: { ...now, qps }, gone: [...before.keys()].filter((vqpn) => !living.has(vqpn)) };
}

/** The whole device again, from what was told before and what has changed. */
export function complete(told: DeviceSnapshot, { device, gone }: DeviceChanges): DeviceSnapshot {
  const qps = new Map(told.qps.map((qp) => [qp.vqpn, qp]));
  for (const vqpn of gone) qps.delete(vqpn);
  for (const qp of device.qps) qps.set(qp.vqpn, qp);
  return { ...device, qps: [...qps.values()] };
}

/** At the destination: nobody finds the device before `bind` takes it, and no memory is written. */
export function presetup(backend: Backend, told: DeviceSnapshot, memory: DeviceMemory): Device {
  const device = newDevice(told.vlid as VLid, memory, 0);
  device.detached = true;
  try {
    makeObjects(backend, device, told);
    for (const { snapshot: _, ...record } of told.qps) {
      // A shared receive queue goes on where its memory says, which is not there yet.
      if (record.srq !== null) continue;
      const qpn = backend.hca.createFrozenQp(known(qpInit(device, record), "part of a queue pair"));
      const qp: Qp = { ...record, qpn, pendingKey: null, holds: new Map(), cut: null };
      device.qps.set(qp.vqpn, qp);
    }
  } catch (error) {
    free(backend, device);
    throw error;
  }
  return device;
}
