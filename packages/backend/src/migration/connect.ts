import type { Lid, Qpn, VLid, VQpn } from "@nomad/base";
import { cutOf, type QpCut, reconcile } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import type { Device, Qp } from "../device.ts";
import type { PeerCut, Resume } from "./names.ts";
import { toBind } from "./queue-pairs.ts";

/** The other end of a connection, as it was when it was cut. */
interface Peer {
  readonly vlid: VLid;
  readonly vqpn: VQpn;
  readonly dlid: Lid;
  readonly qpn: Qpn;
  /** Null when it is not connected back. */
  readonly cut: QpCut | null;
}

/**
 * Aim a bound guest's queue pairs at the new numbers of peers that were cut, and settle what each end goes on by; one whose
 * peer has told nothing goes on as it was, and is not looked at. Answers what the peers are told.
 */
export function connect(backend: Backend, device: Device, cuts: readonly PeerCut[]): Map<VQpn, Resume> {
  const resumes = new Map<VQpn, Resume>();
  const settle = (qp: Qp, peer: Peer) => {
    aim(backend, device, qp, peer);
    const agreed = peer.cut && reconcile(stateOf(backend, qp), peer.cut);
    qp.cut = agreed?.forA ?? null;
    if (agreed) resumes.set(qp.vqpn, { vlid: peer.vlid, vqpn: peer.vqpn, cut: agreed.forB });
  };
  for (const cut of cuts) {
    const qp = device.qps.get(cut.toVqpn);
    if (qp?.remote?.vlid === cut.vlid && qp.remote.vqpn === cut.vqpn) settle(qp, cut);
  }
  for (const qp of toBind(device)) {
    const peer = qp.remote?.vlid === device.vlid && ownPeer(backend, device, qp);
    if (peer) settle(qp, peer);
  }
  return resumes;
}

const stateOf = ({ hca }: Backend, { qpn }: Qp): QpCut => cutOf(hca.snapshot(qpn));

/** A queue pair of the same guest: it has moved as well. */
function ownPeer(backend: Backend, device: Device, { vqpn: own, remote }: Qp): Peer | undefined {
  const other = remote && device.qps.get(remote.vqpn);
  if (!other) return undefined;
  const isBack = other.remote?.vlid === device.vlid && other.remote.vqpn === own;
  return { ...remote, dlid: backend.lid, qpn: other.qpn, cut: isBack ? stateOf(backend, other) : null };
}

function aim(backend: Backend, device: Device, qp: Qp, { vlid, dlid, qpn }: Peer): void {
  if (vlid === device.vlid) qp.remoteEpoch = device.epoch;
  backend.hca.retarget(qp.qpn, { dlid, destQpn: qpn, remoteEpoch: qp.remoteEpoch });
}
