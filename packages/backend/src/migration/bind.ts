import { QPS_ERR, QPT_RC } from "@nomad/abi";
import { type LKey, NomadError, type VKey, type VLid } from "@nomad/base";
import type { DeviceMemory, QpSnapshot } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import type { Device, DeviceSnapshot, Qp } from "../device.ts";
import { qpInit } from "../qp-init.ts";
import { release } from "./guest.ts";
import type { PeerCut, PeerName } from "./names.ts";
import { bindObjects, bindWindows, known } from "./objects.ts";

/**
 * Make the device on this host, inert: objects under new names, queue pairs frozen and gated. All that can fail, fails
 * here. Answers the new numbers.
 */
export function bind(
  backend: Backend,
  snapshot: DeviceSnapshot,
  at: {
    readonly memory: DeviceMemory;
    readonly epoch: number;
    readonly move: string;
    readonly cuts: readonly PeerCut[];
  },
  now: number,
): PeerName[] {
  const device = backend.create(snapshot.vlid as VLid, at.memory, at.epoch);
  device.detached = true;
  device.next = { ...snapshot.next };
  device.last = snapshot.last;
  for (const peer of snapshot.inbound) device.inbound.add(peer as VLid);
  try {
    bindObjects(backend, device, snapshot);
    bindQueuePairs(backend, device, snapshot, at.cuts);
    aimAtOneself(backend, device);
    bindWindows(backend, device, snapshot);
  } catch (error) {
    release(backend, device.vlid);
    throw error;
  }
  for (const qp of device.qps.values()) backend.hca.gate(qp.qpn, at.move, now);
  return [...device.qps.values()].map(({ vqpn, qpn }) => ({ vqpn, qpn }));
}

function bindQueuePairs(backend: Backend, device: Device, snapshot: DeviceSnapshot, cuts: readonly PeerCut[]): void {
  for (const { snapshot: state, ...record } of snapshot.qps) {
    const init = known(qpInit(device, record), "part of a queue pair");
    const qpn = backend.hca.restore(init, withOwnKeys(device, state));
    const qp: Qp = { ...record, qpn, pendingKey: null, reserved: new Map() };
    device.qps.set(qp.vqpn, qp);
    backend.adopt(device, qp);
    for (const { mgid, mlid } of qp.groups) backend.hca.attachMcast(qp.qpn, mgid, mlid);
    const cut = cuts.find((c) => c.vlid === qp.remote?.vlid && c.vqpn === qp.remote.vqpn && c.toVqpn === qp.vqpn);
    if (cut) aim(backend, qp, cut, state);
  }
}

/** A receive work request taken from a shared queue has its keys with it. */
function withOwnKeys(device: Device, state: QpSnapshot): QpSnapshot {
  if (state.taken === null) return state;
  const keyOf = (name: number) => device.regions.get(name as VKey)?.lkey ?? (0 as LKey);
  const elements = state.taken.elements.map((element) => ({ ...element, lkey: keyOf(element.name) }));
  return { ...state, taken: { ...state.taken, elements } };
}

/** Queue pairs that are connected to others of their own guest. */
function aimAtOneself(backend: Backend, device: Device): void {
  for (const qp of device.qps.values()) {
    if (qp.remote?.vlid !== device.vlid) continue;
    const peer = device.qps.get(qp.remote.vqpn);
    if (!peer) continue;
    qp.remoteEpoch = device.epoch;
    backend.hca.retarget(qp.qpn, { dlid: backend.lid, destQpn: peer.qpn, remoteEpoch: device.epoch });
  }
}

function aim(backend: Backend, qp: Qp, cut: PeerCut, state: QpSnapshot): void {
  // An unreliable connection has lost what was under way, and one that has failed what it had not done; neither goes back.
  const agrees = qp.type !== QPT_RC || state.state === QPS_ERR;
  if (!agrees && (cut.sqPsn !== state.rqPsn || cut.rqPsn !== state.sqPsn)) {
    throw new NomadError(
      "E_STATE",
      `queue pair ${qp.vqpn} and its peer disagree on what was sent: ` +
        `PSN ${state.sqPsn}/${state.rqPsn} here, ${cut.rqPsn}/${cut.sqPsn} there`,
    );
  }
  backend.hca.retarget(qp.qpn, { dlid: cut.dlid, destQpn: cut.qpn });
}
