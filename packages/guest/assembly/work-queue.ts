// How work requests are written into a queue's slots (abi's work.ts).
import { EINVAL, ENOMEM } from "../../abi/src/hypercall.ts";
import {
  RECV_WQE_SGES,
  SGE_ADDRESS,
  SGE_BYTES,
  SGE_LENGTH,
  SGE_LKEY,
  WQE_ID,
  WQE_LOCAL_EPOCH,
  WQE_SGE_COUNT,
} from "../../abi/src/work.ts";
import { localKey, localKeysEpoch } from "./driver.ts";
import { Ring } from "./ring.ts";
import { ReceiveRequest, ScatterGather } from "./work-request.ts";

/** Elements with the adapter's lkeys, then the v-lkeys they were translated from, and the epoch that was under. */
export function writeList(wqe: u32, header: u32, maxSge: u32, list: ScatterGather[]): void {
  // The epoch is read first: keys that a move makes old meanwhile are then marked as such.
  const under = localKeysEpoch();
  const vkeys = wqe + header + maxSge * SGE_BYTES;
  for (let i = 0; i < list.length; i++) {
    const element = list[i];
    const at = wqe + header + i * SGE_BYTES;
    store<u64>(at + SGE_ADDRESS, element.address);
    store<u32>(at + SGE_LENGTH, element.length);
    store<u32>(at + SGE_LKEY, localKey(element.key));
    store<u32>(vkeys + (i << 2), element.key);
  }
  store<u32>(wqe + WQE_SGE_COUNT, list.length);
  store<u32>(wqe + WQE_LOCAL_EPOCH, under);
}

/** The data itself, in place of the elements, from `from` up to `end`. 0, or -EINVAL when it does not fit. */
export function writeInline(wqe: u32, from: u32, end: u32, list: ScatterGather[]): i32 {
  let at = from;
  for (let i = 0; i < list.length; i++) {
    const element = list[i];
    if (element.length > end - at) return -EINVAL;
    memory.copy(at, element.address, element.length);
    at += element.length;
  }
  store<u32>(wqe + WQE_SGE_COUNT, at - from);
  store<u32>(wqe + WQE_LOCAL_EPOCH, localKeysEpoch());
  return 0;
}

/** Puts a receive work request into a queue: 0, -ENOMEM when it is full, -EINVAL for more elements than it was made for. */
export function putReceive(queue: Ring, maxSge: u32, request: ReceiveRequest): i32 {
  const producer = queue.producer;
  if (producer - queue.consumer >= queue.entries) return -ENOMEM;
  if (<u32>request.list.length > maxSge) return -EINVAL;
  const wqe = queue.slot(producer);
  store<u64>(wqe + WQE_ID, request.id);
  writeList(wqe, RECV_WQE_SGES, maxSge, request.list);
  queue.producer = producer + 1;
  return 0;
}
