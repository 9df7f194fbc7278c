import { QPT_RC } from "@nomad/abi";
import { NomadError, type Psn, type VLid } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";
import { makeAh } from "../address-handles.ts";
import type { Backend } from "../backend.ts";
import type { Device, DeviceSnapshot, Qp } from "../device.ts";
import { release } from "./guest.ts";
import type { PeerCut, PeerName } from "./names.ts";

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
  } catch (error) {
    release(backend, device.vlid);
    throw error;
  }
  for (const qp of device.qps.values()) backend.hca.gate(qp.qpn, at.move, now);
  return [...device.qps.values()].map(({ vqpn, qpn }) => ({ vqpn, qpn }));
}

function bindObjects(backend: Backend, device: Device, snapshot: DeviceSnapshot): void {
  const { hca } = backend;
  for (const pd of snapshot.pds) device.pds.set(pd, hca.allocPd());
  for (const { cq, location } of snapshot.cqs) {
    device.cqs.set(cq, { cq, location, cqn: hca.createCq({ memory: device.memory, location }) });
  }
  for (const record of snapshot.regions) {
    const { address, length, access } = record;
    const pd = known(device.pds.get(record.pd), "protection domain");
    const { lkey, rkey } = hca.registerMemory({ pd, memory: device.memory, address, length, access });
    device.regions.set(record.vkey, { ...record, lkey, rkey });
  }
  for (const record of snapshot.ahs) {
    makeAh(hca, device, known(device.pds.get(record.pd), "protection domain"), record);
  }
}

function bindQueuePairs(backend: Backend, device: Device, snapshot: DeviceSnapshot, cuts: readonly PeerCut[]): void {
  for (const { snapshot: state, ...record } of snapshot.qps) {
    const init = {
      pd: known(device.pds.get(record.pd), "protection domain"),
      memory: device.memory,
      sq: record.sq,
      rq: record.rq,
      sendCq: known(device.cqs.get(record.sendCq), "completion queue").cqn,
      recvCq: known(device.cqs.get(record.recvCq), "completion queue").cqn,
      signalAll: record.signalAll,
      userIndex: record.vqpn,
      localEpoch: device.epoch,
    };
    const qp: Qp = { ...record, qpn: backend.hca.restore(init, state), pendingKey: null, reserved: new Map() };
    device.qps.set(qp.vqpn, qp);
    backend.adopt(device, qp);
    for (const { mgid, mlid } of qp.groups) backend.hca.attachMcast(qp.qpn, mgid, mlid);
    const cut = cuts.find((c) => c.vlid === qp.remote?.vlid && c.vqpn === qp.remote.vqpn && c.toVqpn === qp.vqpn);
    if (cut) aim(backend, qp, cut, state);
  }
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

function aim(backend: Backend, qp: Qp, cut: PeerCut, state: { readonly sqPsn: Psn; readonly rqPsn: Psn }): void {
  // An unreliable connection has lost what was under way, and says nothing of it.
  const reliable = qp.type === QPT_RC;
  if (reliable && (cut.sqPsn !== state.rqPsn || cut.rqPsn !== state.sqPsn)) {
    throw new NomadError(
      "E_STATE",
      `queue pair ${qp.vqpn} and its peer disagree on what was sent: ` +
        `PSN ${state.sqPsn}/${state.rqPsn} here, ${cut.rqPsn}/${cut.sqPsn} there`,
    );
  }
  backend.hca.retarget(qp.qpn, { dlid: cut.dlid, destQpn: cut.qpn });
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined)
    throw new NomadError("E_MESSAGE", `the device's state names a ${what} that it does not have`);
  return value;
}
