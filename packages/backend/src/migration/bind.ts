import type { LKey, Qpn, VKey, VLid, VQpn } from "@nomad/base";
import type { DeviceMemory, QpSnapshot } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import { type Device, type DeviceSnapshot, newDevice, type Qp, type QpRecord } from "../device.ts";
import { qpInit } from "../qp-init.ts";
import { connect } from "./connect.ts";
import { release } from "./guest.ts";
import type { PeerCut, PeerName } from "./names.ts";
import { bindObjects, bindWindows, known, makeObjects } from "./objects.ts";

/**
 * Make the device on this host, inert: objects under new names, queue pairs frozen and gated. All that can fail, fails
 * here. Answers the new numbers, and what peers go on by.
 */
export function bind(
  backend: Backend,
  snapshot: DeviceSnapshot,
  at: {
    readonly memory: DeviceMemory;
    readonly epoch: number;
    readonly move: string;
    readonly cuts: readonly PeerCut[];
    /** What was made of it while the guest ran (presetup.ts). */
    readonly prepared: Device | null;
  },
  now: number,
): PeerName[] {
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
    bindQueuePairs(backend, device, snapshot);
    bindWindows(backend, device, snapshot);
  } catch (error) {
    release(backend, device.vlid);
    throw error;
  }
  for (const qp of device.qps.values()) backend.hca.gate(qp.qpn, at.move, now);
  return connect(backend, device, snapshot, at.cuts);
}

function bindQueuePairs(backend: Backend, device: Device, snapshot: DeviceSnapshot): void {
  dropOthers(backend, device, new Set(snapshot.qps.map(({ vqpn }) => vqpn)));
  for (const { snapshot: state, ...record } of snapshot.qps) {
    const qpn = qpnOf(backend, device, record);
    backend.hca.setLocalEpoch(qpn, device.epoch);
    backend.hca.becomeQp(qpn, withOwnKeys(device, state));
    const qp: Qp = { ...record, qpn, pendingKey: null, holds: new Map(), cut: null };
    device.qps.set(qp.vqpn, qp);
    backend.adopt(device, qp);
    for (const { mgid, mlid } of qp.groups) backend.hca.attachMcast(qp.qpn, mgid, mlid);
  }
}

/** Queue pairs that were destroyed since they were made here. */
function dropOthers(backend: Backend, device: Device, living: ReadonlySet<VQpn>): void {
  for (const qp of [...device.qps.values()]) {
    if (living.has(qp.vqpn)) continue;
    device.qps.delete(qp.vqpn);
    backend.hca.destroyQp(qp.qpn);
  }
}

/** The one that was made before, or a new one: frozen either way. */
function qpnOf(backend: Backend, device: Device, record: QpRecord): Qpn {
  const made = device.qps.get(record.vqpn);
  return made ? made.qpn : backend.hca.createFrozenQp(known(qpInit(device, record), "part of a queue pair"));
}

/** A receive work request taken from a shared queue has its keys with it. */
function withOwnKeys(device: Device, state: QpSnapshot): QpSnapshot {
  if (state.taken === null) return state;
  const keyOf = (name: number) => device.regions.get(name as VKey)?.lkey ?? (0 as LKey);
  const elements = state.taken.elements.map((element) => ({ ...element, lkey: keyOf(element.name) }));
  return { ...state, taken: { ...state.taken, elements } };
}
