import { assert, planted, type VLid, type VQpn } from "@nomad/base";
import type { Backend } from "../backend.ts";
import type { Device } from "../device.ts";
import { drainDoorbells } from "../doorbells.ts";
import { changesSince, type DeviceChanges, stirredSince } from "./changes.ts";
import { heldWork } from "./held-work.ts";
import { releaseKeys, releaseObjects } from "./objects.ts";
import { isFrozen } from "./peers.ts";
import type { Preview } from "./preview.ts";

// A move, seen by the adapter that the moving guest uses.

/** Close the guest's send queues: what was started goes on until it is acknowledged, nothing new starts. */
export function suspend(backend: Backend, vlid: VLid, move: string, now: number): void {
  const device = backend.device(vlid);
  device.suspended = true;
  for (const qp of device.qps.values()) backend.hca.gate(qp.qpn, move, now);
}

/** The guest's connected queue pairs that are not idle under this move: what their peers report is needed to go on. */
export function activeOf(backend: Backend, vlid: VLid, move: string): VQpn[] {
  const qps = [...backend.device(vlid).qps.values()];
  return qps.filter(({ remote, qpn }) => remote && !backend.hca.idle(qpn, move)).map(({ vqpn }) => vqpn);
}

/** Guests that this one's queue pairs are connected with, in either direction. */
export function peersOf(device: Device): VLid[] {
  const peers = new Set(device.inbound);
  for (const qp of device.qps.values()) if (qp.remote) peers.add(qp.remote.vlid);
  // With itself it needs no agreement.
  peers.delete(device.vlid);
  return [...peers];
}

/**
 * Stop every access of the adapter to the guest's memory; what of the device was not told (`preview` null: nothing was). It
 * looks at no queue pair that was told and not stirred since. `held`: work requests posted, not completed; `cut`: queue pairs
 * with work under way.
 */
export function detach(
  backend: Backend,
  vlid: VLid,
  preview: Preview | null,
): { readonly changes: DeviceChanges; readonly held: number; readonly cut: number } {
  const device = backend.device(vlid);
  // Who has rung and was not heard yet has stirred.
  drainDoorbells(device, ({ qpn }) => backend.hca.doorbell(qpn));
  device.detached = true;
  backend.hca.detach(device.memory);
  const stirred = stirredSince(backend, device, preview);
  for (const { qpn } of stirred.qps) backend.hca.freeze(qpn);
  const changes = changesSince(backend, device, preview, stirred);
  const cut = changes.device.qps.filter((qp) => qp.snapshot.started.length > 0).length;
  return { changes, held: heldWork(device, stirred.qps), cut };
}

/** RUN: the guest of the bound device may live, and is heard. Its queue pairs stay as they are until `open`. */
export function admit(backend: Backend, vlid: VLid): Device {
  const device = backend.device(vlid);
  assert(device.detached, "RUN admits what BIND has made");
  device.detached = false;
  backend.announce(device);
  return device;
}

/** What is admitted takes and answers packets. Its send queues open as each peer says that it knows the new names (`openTowards`). */
export function open(backend: Backend, device: Device): void {
  for (const qp of device.qps.values()) {
    backend.hca.setLocalEpoch(qp.qpn, device.epoch);
    if (qp.cut) backend.hca.applyCut(qp.qpn, qp.cut);
    qp.cut = null;
    if (!isFrozen(qp)) backend.hca.thaw(qp.qpn);
  }
}

/** An abort: the guest goes on at its source, under a new epoch. */
export function reopen(backend: Backend, vlid: VLid, epoch: number): void {
  const device = backend.device(vlid);
  device.epoch = epoch;
  backend.hca.attach(device.memory);
  for (const qp of device.qps.values()) {
    backend.hca.setLocalEpoch(qp.qpn, epoch);
    if (qp.remote?.vlid === vlid) {
      qp.remoteEpoch = epoch;
      backend.hca.retarget(qp.qpn, { remoteEpoch: epoch });
    }
    if (device.detached && !isFrozen(qp)) backend.hca.thaw(qp.qpn);
  }
  device.detached = false;
  backend.announce(device);
}

/** Open the guest's send queues towards these peers, or all that are still closed by the move. */
export function openTowards(
  backend: Backend,
  vlid: VLid,
  move: string,
  peers: readonly VLid[] | "all",
  now: number,
): void {
  const device = backend.device(vlid);
  device.suspended = false;
  for (const qp of device.qps.values()) {
    if (peers !== "all" && !(qp.remote && peers.includes(qp.remote.vlid))) continue;
    backend.hca.ungate(qp.qpn, move, now);
    backend.hca.doorbell(qp.qpn);
  }
}

/** Free all that the guest has on this adapter. Old names give access to nothing from here on. */
export function release(backend: Backend, vlid: VLid): void {
  const device = backend.devices.get(vlid);
  if (!device) return;
  backend.devices.delete(vlid);
  free(backend, device);
}

/** Of a device that nobody can find: all that it has. */
export function free(backend: Backend, device: Device): void {
  for (const qp of device.qps.values()) {
    for (const { mgid, mlid } of qp.groups) backend.hca.detachMcast(qp.qpn, mgid, mlid);
    backend.disown(qp);
    backend.hca.destroyQp(qp.qpn);
  }
  releaseObjects(backend, device);
  if (!planted("keep-old-keys")) releaseKeys(backend, device);
}
