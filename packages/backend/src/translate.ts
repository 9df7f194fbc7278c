import {
  RECV_WQE_SGES,
  SEND_INLINE,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_RKEY,
  SEND_WQE_SGES,
  SEND_WQE_V_RKEY,
  SGE_BYTES,
  SGE_LKEY,
  WQE_FLAGS,
  WQE_LOCAL_EPOCH,
  WQE_OPCODE,
  WQE_SGE_COUNT,
  WR_ATOMIC_CMP_AND_SWP,
  WR_ATOMIC_FETCH_AND_ADD,
  WR_BIND_MW,
  WR_LOCAL_INV,
  WR_RDMA_READ,
  WR_RDMA_WRITE,
  WR_RDMA_WRITE_WITH_IMM,
  WR_SEND_WITH_INV,
} from "@nomad/abi";
import type { RKey, VKey } from "@nomad/base";
import type { Device, Qp } from "./device.ts";

/** Work requests with a key of the peer's, and with a key of an own window. */
const withPeersKey = new Set<number>([
  WR_RDMA_WRITE,
  WR_RDMA_WRITE_WITH_IMM,
  WR_RDMA_READ,
  WR_ATOMIC_CMP_AND_SWP,
  WR_ATOMIC_FETCH_AND_ADD,
  WR_SEND_WITH_INV,
]);
const withWindow = new Set<number>([WR_BIND_MW, WR_LOCAL_INV]);

/** Rewrite what a work request names of its own guest (keys of regions and windows), under the device's epoch. */
export function translateLocalKeys(device: Device, qp: Qp, queue: "send" | "recv", wqe: number): void {
  const { view } = device.memory;
  const maxSge = queue === "send" ? qp.sq.maxSge : receiveElementsMax(device, qp);
  const sges = wqe + (queue === "send" ? SEND_WQE_SGES : RECV_WQE_SGES);
  const inline = queue === "send" && (view.getUint32(wqe + WQE_FLAGS, true) & SEND_INLINE) !== 0;
  const count = inline ? 0 : Math.min(view.getUint32(wqe + WQE_SGE_COUNT, true), maxSge);
  for (let i = 0; i < count; i++) {
    const vkey = view.getUint32(sges + maxSge * SGE_BYTES + 4 * i, true) as VKey;
    view.setUint32(sges + i * SGE_BYTES + SGE_LKEY, device.regions.get(vkey)?.lkey ?? 0, true);
  }
  if (queue === "send" && withWindow.has(view.getUint32(wqe + WQE_OPCODE, true))) {
    const vkey = view.getUint32(wqe + SEND_WQE_V_RKEY, true) as VKey;
    view.setUint32(wqe + SEND_WQE_RKEY, device.windows.rkeyOf(vkey) ?? 0, true);
  }
  view.setUint32(wqe + WQE_LOCAL_EPOCH, device.epoch, true);
}

function receiveElementsMax(device: Device, { rq, srq }: Qp): number {
  const ring = srq === null ? rq : device.srqs.get(srq)?.location;
  return ring?.maxSge ?? 0;
}

/** The key of the peer that a send work request needs under a newer epoch than it has; undefined when it needs none. */
export function staleRemoteKey(device: Device, qp: Qp, wqe: number): VKey | undefined {
  const { view } = device.memory;
  if (!withPeersKey.has(view.getUint32(wqe + WQE_OPCODE, true))) return undefined;
  if (view.getUint32(wqe + SEND_WQE_REMOTE_EPOCH, true) === qp.remoteEpoch) return undefined;
  return view.getUint32(wqe + SEND_WQE_V_RKEY, true) as VKey;
}

export function writeRemoteKey(device: Device, qp: Qp, wqe: number, rkey: RKey): void {
  device.memory.view.setUint32(wqe + SEND_WQE_RKEY, rkey, true);
  device.memory.view.setUint32(wqe + SEND_WQE_REMOTE_EPOCH, qp.remoteEpoch, true);
}
