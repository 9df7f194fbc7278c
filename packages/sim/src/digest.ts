import { crc32 } from "node:zlib";
import { PROGRAM_BASE, QUEUE_REMOTE_EPOCH } from "@nomad/abi";
import type { DeviceMemory } from "@nomad/hca";

/** Of a guest's memory: quick, and good enough where nobody forges. The VMM's page, and what no simulated guest uses, is left out. */
export function digestOf(memory: Uint8Array): string {
  return crc32(memory.subarray(PROGRAM_BASE)).toString(16);
}

/**
 * A digest of memory but for what the back-end notes in send queues (`records`: where they have their records): the epoch
 * of a peer, which may end a move of its own while this guest is stopped.
 */
export function atRest({ bytes }: DeviceMemory, records: readonly number[]): string {
  let [sum, from] = [0, PROGRAM_BASE];
  for (const record of records.toSorted((a, b) => a - b)) {
    sum = crc32(bytes.subarray(from, record + QUEUE_REMOTE_EPOCH), sum);
    from = record + QUEUE_REMOTE_EPOCH + 4;
  }
  return crc32(bytes.subarray(from), sum).toString(16);
}
