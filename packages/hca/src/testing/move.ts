import {
  RECV_WQE_SGES,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_RKEY,
  SEND_WQE_SGES,
  SGE_BYTES,
  SGE_LKEY,
  WQE_LOCAL_EPOCH,
  WQE_SGE_COUNT,
} from "@nomad/abi";
import { cutOf, reconcile } from "../cut.ts";
import type { QpSnapshot } from "../types.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Fabric, FabricAdapter } from "./fabric.ts";

const MOVE = "move";

/**
 * Moves one end of a connection to another adapter as the protocol does it, whatever is under way: both ends are frozen, one
 * after the other, what they report is reconciled, and they go on under new numbers, keys and epochs. `whileFrozen` runs
 * between; `betweenFreezes` lets time pass between the freeze of the end that stays and that of the other.
 */
export function moveWithCut(
  fabric: Fabric,
  moving: Endpoint,
  staying: Endpoint,
  target: FabricAdapter,
  { whileFrozen = () => {}, betweenFreezes = () => {} } = {},
): void {
  const [source, peer] = [moving.adapter.hca, staying.adapter.hca];
  source.gate(moving.qpn, MOVE, fabric.now);
  peer.gate(staying.qpn, MOVE, fabric.now);
  peer.freeze(staying.qpn);
  betweenFreezes();
  source.freeze(moving.qpn);
  const snapshot = source.snapshot(moving.qpn);
  const agreed = reconcile(cutOf(snapshot), cutOf(peer.snapshot(staying.qpn)));
  whileFrozen();

  const leave = releaseAt(moving);
  moving.attach(target);
  moving.raiseEpoch();
  translateAt([moving, staying]);
  moving.qpn = target.hca.restore(moving.qpInit, withKeysOf(moving, snapshot));
  target.hca.gate(moving.qpn, MOVE, fabric.now);
  const reserved = peer.reserveQpn();
  target.hca.retarget(moving.qpn, { dlid: staying.adapter.lid, destQpn: reserved });
  if (agreed) target.hca.applyCut(moving.qpn, agreed.forA);
  target.hca.thaw(moving.qpn);

  if (agreed) peer.applyCut(staying.qpn, agreed.forB);
  staying.qpn = peer.renumber(staying.qpn, reserved);
  const remoteEpoch = peer.queryQp(staying.qpn).remoteEpoch + 1;
  peer.retarget(staying.qpn, { dlid: target.lid, destQpn: moving.qpn, remoteEpoch });
  peer.thaw(staying.qpn);
  peer.ungate(staying.qpn, MOVE, fabric.now);
  target.hca.ungate(moving.qpn, MOVE, fabric.now);
  leave();
}

/** Ends a move before it is decided: both ends go on as they were. */
export function cutAndAbort(fabric: Fabric, moving: Endpoint, staying: Endpoint, whileFrozen: () => void): void {
  const ends = [staying, moving];
  for (const { adapter, qpn } of ends) {
    adapter.hca.gate(qpn, MOVE, fabric.now);
    adapter.hca.freeze(qpn);
  }
  whileFrozen();
  for (const { adapter, qpn } of ends.reverse()) adapter.hca.thaw(qpn);
  for (const { adapter, qpn } of ends.reverse()) adapter.hca.ungate(qpn, MOVE, fabric.now);
}

/** Has the owners of both ends translate work requests whose keys are of another epoch. */
function translateAt(ends: readonly [Endpoint, Endpoint]): void {
  for (const { adapter } of ends) {
    adapter.events.onTranslate = (qpn, queue, wqe) => {
      const own = ends.findIndex((end) => end.adapter === adapter && end.qpn === qpn);
      translate(ends[own] as Endpoint, ends[1 - own] as Endpoint, queue, wqe);
      return "done";
    };
  }
}

function translate({ memory, region, sq, adapter, qpn }: Endpoint, peer: Endpoint, queue: string, wqe: number): void {
  const { view } = memory;
  const sges = wqe + (queue === "send" ? SEND_WQE_SGES : RECV_WQE_SGES);
  for (let i = 0; i < view.getUint32(wqe + WQE_SGE_COUNT, true); i++) {
    view.setUint32(sges + i * SGE_BYTES + SGE_LKEY, region.lkey, true);
  }
  view.setUint32(wqe + WQE_LOCAL_EPOCH, sq.localEpoch, true);
  if (queue === "recv") return;
  view.setUint32(wqe + SEND_WQE_RKEY, peer.region.rkey, true);
  view.setUint32(wqe + SEND_WQE_REMOTE_EPOCH, adapter.hca.queryQp(qpn).remoteEpoch, true);
}

/** Everything that the endpoint has where it is now; the function returned gives it back. */
function releaseAt({ adapter, qpn, sendCqn, recvCqn, pd, region, srqn }: Endpoint): () => void {
  const { hca } = adapter;
  return () => {
    hca.destroyQp(qpn);
    hca.destroyCq(sendCqn);
    hca.destroyCq(recvCqn);
    hca.deregisterMemory(region.lkey);
    if (srqn !== null) hca.destroySrq(srqn);
    hca.deallocPd(pd);
  };
}

/** The owner gives the receive work request that was taken the keys of the new adapter. */
function withKeysOf({ region }: Endpoint, snapshot: QpSnapshot): QpSnapshot {
  const { taken } = snapshot;
  if (taken === null) return snapshot;
  const elements = taken.elements.map((element) => ({ ...element, lkey: region.lkey }));
  return { ...snapshot, taken: { ...taken, elements } };
}
