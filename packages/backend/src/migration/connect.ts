import type { Lid, Qpn, VLid, VQpn } from "@nomad/base";
import { cutOf, type QpCut, reconcile } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import type { Device, DeviceSnapshot, Qp, RemoteName } from "../device.ts";
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
 * Aim a bound guest's queue pairs at their peers' new numbers, and settle what each end goes on by; one whose peer nothing is
 * known of goes on as it was. Answers what the peers are told.
 */
export function connect(
  backend: Backend,
  device: Device,
  snapshot: DeviceSnapshot,
  cuts: readonly PeerCut[],
): PeerName[] {
  const states = new Map(snapshot.qps.map((qp) => [qp.vqpn, cutOf(qp.snapshot)]));
  const peers = new Map(cuts.map((cut) => [connectionOf(cut.toVqpn, cut), cut]));
  const peerOf = (qp: Qp): Peer | undefined => {
    if (qp.remote?.vlid === device.vlid) return ownPeer(backend, device, qp, qp.remote, states);
    return qp.remote ? peers.get(connectionOf(qp.vqpn, qp.remote)) : undefined;
  };
  return [...device.qps.values()].map((qp) => {
    const { vqpn, qpn } = qp;
    const peer = peerOf(qp);
    const own = states.get(vqpn);
    if (peer) aim(backend, device, qp, peer);
    const agreed = peer?.cut && own ? reconcile(own, peer.cut) : null;
    qp.cut = agreed?.forA ?? null;
    return { vqpn, qpn, resume: agreed && peer ? { vlid: peer.vlid, vqpn: peer.vqpn, cut: agreed.forB } : null };
  });
}

const connectionOf = (own: VQpn, { vlid, vqpn }: RemoteName): string => `${own} ${vlid} ${vqpn}`;

/** A queue pair of the same guest: it has moved as well. */
function ownPeer(
  backend: Backend,
  device: Device,
  qp: Qp,
  { vlid, vqpn }: RemoteName,
  states: ReadonlyMap<VQpn, QpCut>,
): Peer | undefined {
  const other = device.qps.get(vqpn);
  if (!other) return undefined;
  const isBack = other.remote?.vlid === vlid && other.remote.vqpn === qp.vqpn;
  return { vlid, vqpn, dlid: backend.lid, qpn: other.qpn, cut: (isBack && states.get(vqpn)) || null };
}

function aim(backend: Backend, device: Device, qp: Qp, { vlid, dlid, qpn }: Peer): void {
  if (vlid === device.vlid) qp.remoteEpoch = device.epoch;
  backend.hca.retarget(qp.qpn, { dlid, destQpn: qpn, remoteEpoch: qp.remoteEpoch });
}
