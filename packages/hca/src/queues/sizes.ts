import { CQE_BYTES, QUEUE_RECORD_BYTES } from "@nomad/abi";
import { recvStride, sendStride } from "../ring.ts";
import type { RingLocation, WorkRing } from "../types.ts";

/** Bytes of memory that a send queue takes: its record, then its ring. */
export function sendQueueBytes(entries: number, maxSge: number): number {
  return QUEUE_RECORD_BYTES + entries * sendStride(maxSge);
}

export function recvQueueBytes(entries: number, maxSge: number): number {
  return QUEUE_RECORD_BYTES + entries * recvStride(maxSge);
}

export function completionQueueBytes(entries: number): number {
  return QUEUE_RECORD_BYTES + entries * CQE_BYTES;
}

/** Where a queue lies whose memory starts at `at`. */
export function locationAt(at: number, entries: number): RingLocation {
  return { record: at, ring: at + QUEUE_RECORD_BYTES, entries };
}

/** The same, of a queue of work requests. */
export function workRingAt(at: number, entries: number, maxSge: number): WorkRing {
  return { record: at, ring: at + QUEUE_RECORD_BYTES, entries, maxSge };
}
