import { type Lid, planted, type Qpn, type VLid, type VQpn } from "@nomad/base";
import type { Backend } from "../backend.ts";
import type { Device, Qp } from "../device.ts";
import { heldWork } from "./held-work.ts";
import type { PeerCut, PeerName } from "./names.ts";

// A move, seen by the adapters that the moving guest's peers use.

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
  backend.follow(vlid, { dlid: at.dlid, epoch: at.epoch, names });
  return [...opened];
}

function renumber(backend: Backend, device: Device, qp: Qp, qpn: Qpn): void {
  backend.disown(qp);
  backend.hca.renumber(qp.qpn, qpn);
  qp.qpn = qpn;
  backend.adopt(device, qp);
}

/** Work requests that guests here have posted towards this one and that have not completed. */
export function heldTowards(backend: Backend, vlid: VLid): number {
  let held = 0;
  for (const { device, qp } of connectedTo(backend, vlid)) held += heldWork(device, [qp]);
  return held;
}
