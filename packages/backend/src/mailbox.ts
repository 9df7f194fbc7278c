import {
  MAILBOX_DATA,
  MAILBOX_DATA_BYTES,
  MAILBOX_DATA_BYTES_MAX,
  MAILBOX_DONE,
  MAILBOX_OPERATION,
  MAILBOX_POSTED,
  MAILBOX_SEQUENCE,
  MAILBOX_STATE,
  MAILBOX_STATUS,
  MAILBOX_WORDS,
  MAILBOX_WORDS_MAX,
} from "@nomad/abi";
import type { DeviceMemory } from "@nomad/hca";
import type { HypercallResult, PendingCall } from "./device.ts";

/** The hypercall that the guest has posted, copied out of its reach; null when there is none. */
export function readCall(memory: DeviceMemory): PendingCall | null {
  if (Atomics.load(memory.words, MAILBOX_STATE >> 2) !== MAILBOX_POSTED) return null;
  const { view, bytes } = memory;
  const words: number[] = [];
  for (let i = 0; i < MAILBOX_WORDS_MAX; i++) words.push(view.getUint32(MAILBOX_WORDS + 4 * i, true));
  const length = Math.min(view.getUint32(MAILBOX_DATA_BYTES, true), MAILBOX_DATA_BYTES_MAX);
  return {
    sequence: view.getUint32(MAILBOX_SEQUENCE, true),
    operation: view.getUint32(MAILBOX_OPERATION, true),
    words,
    data: bytes.slice(MAILBOX_DATA, MAILBOX_DATA + length),
  };
}

/** Hand the guest its answer and wake it. */
export function writeResult(memory: DeviceMemory, result: HypercallResult): void {
  const { view, bytes, words } = memory;
  view.setInt32(MAILBOX_STATUS, result.status, true);
  result.words.forEach((word, i) => {
    view.setUint32(MAILBOX_WORDS + 4 * i, word, true);
  });
  view.setUint32(MAILBOX_DATA_BYTES, result.data.length, true);
  bytes.set(result.data, MAILBOX_DATA);
  Atomics.store(words, MAILBOX_STATE >> 2, MAILBOX_DONE);
  Atomics.notify(words, MAILBOX_STATE >> 2);
}
