import { ACCESS_LOCAL_WRITE, SEND_WQE_SGES, WQE_SGE_COUNT } from "@nomad/abi";
import type { QueuePair } from "./queue-pair.ts";
import { ATOMIC_BYTES } from "./work-request.ts";

const original = new DataView(new ArrayBuffer(ATOMIC_BYTES));
const originalBytes = new Uint8Array(original.buffer);

/** Makes `requester.started.reply` say where the data of started entry `index`, a READ or an atomic, goes. */
export function loadReply(qp: QueuePair, index: number): void {
  const { sq } = qp;
  const { started } = qp.requester;
  if (started.replyIndex === index) return;
  started.replyIndex = index;
  const at = sq.address(index);
  const count = Math.min(sq.memory.view.getUint32(at + WQE_SGE_COUNT, true), qp.maxSendSge);
  started.reply.load(sq.memory, at + SEND_WQE_SGES, count, qp.pd, ACCESS_LOCAL_WRITE);
}

/** The original value that an atomic brings goes where the reply was loaded for, in the guest's byte order; false: no key opens it. */
export function placeOriginal(qp: QueuePair, value: bigint): boolean {
  original.setBigUint64(0, value, true);
  return qp.requester.started.reply.scatter(0, ATOMIC_BYTES, originalBytes, 0);
}
