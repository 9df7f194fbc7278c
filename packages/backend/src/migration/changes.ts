import { isDeepStrictEqual } from "node:util";
import { planted, type VQpn } from "@nomad/base";
import type { Backend } from "../backend.ts";
import type { Device, DeviceSnapshot, Qp } from "../device.ts";
import { recordObjects } from "./objects.ts";
import type { Preview } from "./preview.ts";

// While a guest runs its destination is told what it has; once it has stopped, only what is not so any more. Of a queue pair
// that was not used nothing is told, or even written down.

export type QpTold = DeviceSnapshot["qps"][number];

/** What is to be known of a stopped device. */
export interface DeviceChanges {
  /** With the queue pairs that are new, or not as they were told. */
  readonly device: DeviceSnapshot;
  /** Queue pairs that were told of and are no more; null: nothing that was told counts, and `device` is everything. */
  readonly gone: readonly VQpn[] | null;
}

export interface Stirred {
  readonly qps: readonly Qp[];
  /** Null when nothing was told. */
  readonly gone: readonly VQpn[] | null;
}

/**
 * Queue pairs that may not be as they were told: the others need no look. And names of those that are no more. Of a device
 * that was not told (null), all.
 */
export function stirredSince(backend: Backend, device: Device, preview: Preview | null): Stirred {
  if (!preview) return { qps: [...device.qps.values()], gone: null };
  const { told, untold, watch, objects } = preview;
  const stirred = watch.stirred.map((qpn) => backend.owner(qpn)).filter((owner) => owner?.device === device);
  const vqpns = new Set(stirred.map((owner) => owner?.qp.vqpn));
  // Numbers are never given twice: with as many as before and no new one, they are the same.
  const sameOnes = device.next.qp === objects.next.qp && device.qps.size === told.size + untold.length;
  for (const vqpn of sameOnes ? untold : device.qps.keys()) if (!told.has(vqpn)) vqpns.add(vqpn);
  const qps = [...vqpns].flatMap((vqpn) => (vqpn && device.qps.get(vqpn)) ?? []);
  return { qps, gone: sameOnes ? [] : [...told.keys()].filter((vqpn) => !device.qps.has(vqpn)) };
}

/** What a frozen device has that was not told. All of it, when what queue pairs refer to has changed. */
export function changesSince(
  backend: Backend,
  device: Device,
  preview: Preview | null,
  { qps: stirred, gone }: Stirred,
): DeviceChanges {
  const objects = recordDevice(backend, device);
  const told = preview && sameObjects(preview.objects, objects) ? preview.told : null;
  const changed = told ? stirred.filter((qp) => !isAsTold(backend, qp, told.get(qp.vqpn))) : [...device.qps.values()];
  const qps = changed.map((qp) => ({ ...recordQp(qp), snapshot: backend.hca.snapshot(qp.qpn) }));
  return { device: { ...objects, qps }, gone: told && gone };
}

/** A device, but for its queue pairs. */
export function recordDevice(backend: Backend, device: Device): Omit<DeviceSnapshot, "qps"> {
  const { vlid, inbound, next, last } = device;
  return { vlid, ...recordObjects(backend, device), inbound: [...inbound], next: { ...next }, last };
}

/** A queue pair, but for what the adapter knows of it. */
export function recordQp(qp: Qp): Omit<QpTold, "snapshot"> {
  const { vqpn, type, pd, sendCq, recvCq, sq, rq, srq, signalAll, remote, remoteEpoch, groups } = qp;
  return { vqpn, type, pd, sendCq, recvCq, sq, rq, srq, signalAll, remote, remoteEpoch, groups };
}

/** A shared queue's limit counts for nothing here: it is set when the memory is there. */
function sameObjects(told: Omit<DeviceSnapshot, "qps">, now: Omit<DeviceSnapshot, "qps">): boolean {
  const same = (["pds", "cqs", "regions"] as const).every((kind) => isDeepStrictEqual(told[kind], now[kind]));
  const shared = ({ srqs }: Omit<DeviceSnapshot, "qps">) => srqs.map(({ limit: _, ...record }) => record);
  return same && isDeepStrictEqual(shared(told), shared(now));
}

/** How it was created does not change. */
function isAsTold({ hca }: Backend, { qpn, remote, remoteEpoch, groups }: Qp, told: QpTold | undefined): boolean {
  return (
    told !== undefined &&
    (planted("stale-preview") || hca.still(qpn, told.snapshot)) &&
    remote?.vlid === told.remote?.vlid &&
    remote?.vqpn === told.remote?.vqpn &&
    remoteEpoch === told.remoteEpoch &&
    groups === told.groups
  );
}
