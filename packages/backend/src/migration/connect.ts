import type { Lid, Qpn, VLid, VQpn } from "@nomad/base";
import { cutOf, type QpCut, reconcile } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import type { Device, Qp } from "../device.ts";
import type { PeerCut, PeerName } from "./names.ts";

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
 * peer has told nothing goes on as it was. Answers what the peers are told.
 */
export function connect(backend: Backend, device: Device, cuts: readonly PeerCut[]): PeerName[] {
  const cutsOf = Map.groupBy(cuts, ({ toVqpn }) => toVqpn);
  const isPeer = ({ remote }: Qp, { vlid, vqpn }: PeerCut) => remote?.vlid === vlid && remote.vqpn === vqpn;
  return [...device.qps.values()].map((qp) => {
    const { vqpn, qpn } = qp;
    const isOwn = qp.remote?.vlid === device.vlid;
    const peer = isOwn ? ownPeer(backend, device, qp) : cutsOf.get(vqpn)?.find((cut) => isPeer(qp, cut));
    if (!peer) return { vqpn, qpn, resume: null };
    aim(backend, device, qp, peer);
    const agreed = peer.cut && reconcile(stateOf(backend, qp), peer.cut);
    qp.cut = agreed?.forA ?? null;
    return { vqpn, qpn, resume: agreed && { vlid: peer.vlid, vqpn: peer.vqpn, cut: agreed.forB } };
  });
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
