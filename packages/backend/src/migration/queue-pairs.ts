import { type LKey, NomadError, type VKey, type VQpn } from "@nomad/base";
import type { QpSnapshot } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import type { Device, Qp } from "../device.ts";
import { qpInit } from "../qp-init.ts";
import type { DeviceChanges, QpTold } from "./changes.ts";
import { known } from "./objects.ts";

// The queue pairs of a guest at its destination.

/** A frozen queue pair of this record, its send queue held by the move. */
export function makeQueuePair(
  backend: Backend,
  device: Device,
  record: Omit<QpTold, "snapshot">,
  move: string,
  now: number,
): Qp {
  if (device.qps.has(record.vqpn)) throw new NomadError("E_MESSAGE", `queue pair ${record.vqpn} is told of twice`);
  const qpn = backend.hca.createFrozenQp(known(qpInit(device, record), "part of a queue pair"));
  backend.hca.gate(qpn, move, now);
  const qp: Qp = { ...record, qpn, pendingKey: null, holds: new Map(), cut: null };
  device.qps.set(qp.vqpn, qp);
  markForBind(device, qp);
  backend.adopt(device, qp);
  return qp;
}

/** Groups are joined when nobody else can be in them for the guest; queue pairs of the guest's own have both new numbers then. */
function markForBind(device: Device, { vqpn, groups, remote }: Qp): void {
  if (groups.length > 0 || remote?.vlid === device.vlid) device.toBind.add(vqpn);
}

/** Makes what has changed since the device was prepared as it is now. The others stay as they are. */
export function bindQueuePairs(
  backend: Backend,
  device: Device,
  { device: { qps }, gone }: DeviceChanges,
  move: string,
  now: number,
): void {
  for (const vqpn of gone ?? []) drop(backend, device, vqpn);
  for (const { snapshot, ...record } of qps) {
    const made = device.qps.get(record.vqpn);
    const qp = made ?? makeQueuePair(backend, device, record, move, now);
    const { remote, remoteEpoch, groups } = record;
    Object.assign(qp, { remote, remoteEpoch, groups });
    markForBind(device, qp);
    backend.hca.becomeQp(qp.qpn, withOwnKeys(device, snapshot));
  }
  for (const { qpn, groups } of toBind(device)) {
    for (const { mgid, mlid } of groups) backend.hca.attachMcast(qpn, mgid, mlid);
  }
}

/** Those of the device's queue pairs that `markForBind` has marked. */
export function toBind(device: Device): Qp[] {
  return [...device.toBind].flatMap((vqpn) => device.qps.get(vqpn) ?? []);
}

function drop(backend: Backend, device: Device, vqpn: VQpn): void {
  const qp = known(device.qps.get(vqpn), "queue pair");
  device.qps.delete(vqpn);
  backend.disown(qp);
  backend.hca.destroyQp(qp.qpn);
}

/** A receive work request taken from a shared queue has its keys with it. */
function withOwnKeys(device: Device, state: QpSnapshot): QpSnapshot {
  if (state.taken === null) return state;
  const keyOf = (name: number) => device.regions.get(name as VKey)?.lkey ?? (0 as LKey);
  const elements = state.taken.elements.map((element) => ({ ...element, lkey: keyOf(element.name) }));
  return { ...state, taken: { ...state.taken, elements } };
}
