import { QUEUE_CONSUMER, QUEUE_PRODUCER } from "@nomad/abi";
import { assert, type Lid, NomadError, type Psn, planted, type Qpn, type VLid, type VQpn } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";
import type { Backend } from "./backend.ts";
import type { Device, DeviceSnapshot, Qp } from "./device.ts";

/** A peer's queue pair at the cut: suspended, drained, with the number it will have when the move is decided. */
export interface PeerCut {
  readonly vlid: VLid;
  readonly vqpn: VQpn;
  /** The moving guest's queue pair it is connected to. */
  readonly toVqpn: VQpn;
  readonly dlid: Lid;
  readonly qpn: Qpn;
  readonly sqPsn: Psn;
  readonly rqPsn: Psn;
}

/** The new number of one of the moving guest's queue pairs. */
export interface PeerName {
  readonly vqpn: VQpn;
  readonly qpn: Qpn;
}

/** Close the guest's send queues: what was started goes on until it is acknowledged, nothing new starts. */
export function suspend(backend: Backend, vlid: VLid, move: string, now: number): void {
  const device = backend.device(vlid);
  device.suspended = true;
  for (const qp of device.qps.values()) backend.hca.gate(qp.qpn, move, now);
}

/** Guests that this one's queue pairs are connected with, in either direction. */
export function peersOf(device: Device): VLid[] {
  const peers = new Set(device.inbound);
  for (const qp of device.qps.values()) if (qp.remote) peers.add(qp.remote.vlid);
  return [...peers];
}

function* connectedTo(backend: Backend, vlid: VLid): Generator<{ device: Device; qp: Qp }> {
  for (const device of backend.devices.values()) {
    if (device.vlid === vlid) continue;
    for (const qp of device.qps.values()) if (qp.remote?.vlid === vlid) yield { device, qp };
  }
}

/** Close the send queues of all guests here towards the moving guest. */
export function suspendPeers(backend: Backend, vlid: VLid, move: string, now: number): void {
  if (planted("skip-gate")) return;
  for (const { qp } of connectedTo(backend, vlid)) backend.hca.gate(qp.qpn, move, now);
}

/** The cuts of those queue pairs, once they are drained; each gets a number for later. */
export function cutPeers(backend: Backend, vlid: VLid, move: string): PeerCut[] {
  return [...connectedTo(backend, vlid)].map(({ device, qp }) => {
    const { sqPsn, rqPsn } = backend.hca.queryQp(qp.qpn);
    const qpn = qp.reserved.get(move) ?? backend.hca.reserveQpn();
    qp.reserved.set(move, qpn);
    const toVqpn = qp.remote?.vqpn ?? (0 as VQpn);
    return { vlid: device.vlid, vqpn: qp.vqpn, toVqpn, dlid: backend.lid, qpn, sqPsn, rqPsn };
  });
}

/**
 * The moving guest runs again: at a new place under new names, or (no names) where it was. Peers' queue pairs take
 * their reserved numbers, learn where it is, and open. Answers the guests whose queue pairs were opened.
 */
export function resumePeers(
  backend: Backend,
  vlid: VLid,
  at: { readonly move: string; readonly epoch: number; readonly dlid: Lid; readonly names: readonly PeerName[] },
  now: number,
): VLid[] {
  const names = new Map(at.names.map((n) => [n.vqpn, n.qpn]));
  const opened = new Set<VLid>();
  for (const { device, qp } of connectedTo(backend, vlid)) {
    opened.add(device.vlid);
    const destQpn = qp.remote && names.get(qp.remote.vqpn);
    if (at.epoch > qp.remoteEpoch) {
      const reserved = qp.reserved.get(at.move);
      if (destQpn !== undefined && destQpn !== null && reserved !== undefined) renumber(backend, device, qp, reserved);
      const address = destQpn ? { dlid: at.dlid, destQpn } : {};
      backend.hca.retarget(qp.qpn, { ...address, remoteEpoch: at.epoch });
      qp.remoteEpoch = at.epoch;
      qp.pendingKey = null;
    }
    qp.reserved.delete(at.move);
    if (planted("lost-wake-up")) continue;
    backend.hca.ungate(qp.qpn, at.move, now);
    backend.hca.doorbell(qp.qpn);
  }
  return [...opened];
}

function renumber(backend: Backend, device: Device, qp: Qp, qpn: Qpn): void {
  backend.disown(qp);
  backend.hca.renumber(qp.qpn, qpn);
  qp.qpn = qpn;
  backend.adopt(device, qp);
}

/** Stop every access of the adapter to the guest's memory; what the device is. `held`: posted, not completed. */
export function detach(backend: Backend, vlid: VLid): { snapshot: DeviceSnapshot; held: number } {
  const device = backend.device(vlid);
  device.detached = true;
  for (const qp of device.qps.values()) backend.hca.freeze(qp.qpn);
  const qps = [...device.qps.values()].map((qp) => {
    const { vqpn, pd, sendCq, recvCq, sq, rq, signalAll, remote, remoteEpoch } = qp;
    return { vqpn, pd, sendCq, recvCq, sq, rq, signalAll, remote, remoteEpoch, snapshot: backend.hca.snapshot(qp.qpn) };
  });
  const snapshot: DeviceSnapshot = {
    vlid,
    pds: [...device.pds.keys()],
    cqs: [...device.cqs.values()].map(({ cq, location }) => ({ cq, location })),
    regions: [...device.regions.values()].map(({ lkey: _, rkey: __, ...record }) => record),
    qps,
    inbound: [...device.inbound],
    next: device.next,
    last: device.last,
  };
  return { snapshot, held: heldWork(device, device.qps.values()) };
}

function heldWork(device: Device, qps: Iterable<Qp>): number {
  const { words } = device.memory;
  let held = 0;
  for (const { sq } of qps) {
    const producer = Atomics.load(words, (sq.record + QUEUE_PRODUCER) >> 2);
    const consumer = Atomics.load(words, (sq.record + QUEUE_CONSUMER) >> 2);
    held += (producer - consumer) >>> 0;
  }
  return held;
}

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
    const cut = cuts.find((c) => c.vlid === qp.remote?.vlid && c.vqpn === qp.remote.vqpn && c.toVqpn === qp.vqpn);
    if (cut) aim(backend, qp, cut, state);
  }
}

function aim(backend: Backend, qp: Qp, cut: PeerCut, state: { readonly sqPsn: Psn; readonly rqPsn: Psn }): void {
  if (cut.sqPsn !== state.rqPsn || cut.rqPsn !== state.sqPsn) {
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

/** RUN: the bound device lives. Its send queues open as each peer says that it knows the new names (`openTowards`). */
export function open(backend: Backend, vlid: VLid): void {
  const device = backend.device(vlid);
  assert(device.detached, "RUN opens what BIND has made");
  device.detached = false;
  backend.announce(device);
  for (const qp of device.qps.values()) backend.hca.thaw(qp.qpn);
}

/** An abort: the guest goes on at its source, under a new epoch. */
export function reopen(backend: Backend, vlid: VLid, epoch: number): void {
  const device = backend.device(vlid);
  device.epoch = epoch;
  for (const qp of device.qps.values()) {
    backend.hca.setLocalEpoch(qp.qpn, epoch);
    if (device.detached) backend.hca.thaw(qp.qpn);
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
  for (const qp of device.qps.values()) {
    backend.hca.destroyQp(qp.qpn);
    backend.disown(qp);
  }
  for (const cq of device.cqs.values()) backend.hca.destroyCq(cq.cqn);
  backend.devices.delete(vlid);
  if (planted("keep-old-keys")) return;
  for (const region of device.regions.values()) backend.hca.deregisterMemory(region.lkey);
  for (const pd of device.pds.values()) backend.hca.deallocPd(pd);
}

/** Work requests that guests here have posted towards this one and that have not completed. */
export function heldTowards(backend: Backend, vlid: VLid): number {
  let held = 0;
  for (const { device, qp } of connectedTo(backend, vlid)) held += heldWork(device, [qp]);
  return held;
}
