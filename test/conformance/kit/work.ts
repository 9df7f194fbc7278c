import type { ErrorCode } from "@nomad/base";
import type { CompletionQueue, QueuePair, SendWr, Sge, WcStatus, WorkCompletion } from "@nomad/verbs";
import { expect } from "vitest";
import type { Lab } from "./lab.ts";

/** What a one-sided operation names at the peer. */
export interface Remote {
  readonly remoteAddress: number;
  readonly rkey: number;
}

/** The half of an end that sends. */
export interface Sender {
  readonly qp: QueuePair;
  readonly sendCq: CompletionQueue;
}

/** One-sided operations by name; `local` is where bytes come from, or go to. */
export const oneSided = {
  read: (local: Sge, remote: Remote): SendWr => ({ wrId: 1, opcode: "WR_RDMA_READ", sgList: [local], ...remote }),
  write: (local: Sge, remote: Remote): SendWr => ({ wrId: 1, opcode: "WR_RDMA_WRITE", sgList: [local], ...remote }),
  fetchAdd: (local: Sge, remote: Remote, add = 1n): SendWr => {
    return { wrId: 1, opcode: "WR_ATOMIC_FETCH_AND_ADD", sgList: [local], add, ...remote };
  },
  compareSwap: (local: Sge, remote: Remote, compare = 0n, swap = 1n): SendWr => {
    return { wrId: 1, opcode: "WR_ATOMIC_CMP_AND_SWP", sgList: [local], compare, swap, ...remote };
  },
} as const;

/** Posts a work request, and waits for its completion. */
export function execute(lab: Lab, sender: Sender, wr: SendWr): Promise<WorkCompletion> {
  sender.qp.postSend(wr);
  return lab.completion(sender.sendCq);
}

/** The status with which a work request ends. */
export async function statusOf(lab: Lab, sender: Sender, wr: SendWr): Promise<WcStatus> {
  return (await execute(lab, sender, wr)).status;
}

/** Matches the error with which the adapter refuses. */
export function refusal(code: ErrorCode): Error {
  return expect.objectContaining({ code });
}

/** Bytes that tell where they are and, by `salt`, which they are. */
export function fill(bytes: Uint8Array, salt: number): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = i * 31 + (i >> 8) + salt;
}

/** How a sequence of statuses goes: what succeeded, the failures that are not flushes, and the flushes after them. */
export function outcomeOf(statuses: readonly WcStatus[]): { good: number; failures: WcStatus[]; flushed: number } {
  const good = statuses.findIndex((status) => status !== "WC_SUCCESS");
  if (good < 0) return { good: statuses.length, failures: [], flushed: 0 };
  const bad = statuses.slice(good);
  const failures = bad.filter((status) => status !== "WC_WR_FLUSH_ERR");
  expect(bad.slice(0, failures.length), "failures come before flushes, and nothing succeeds after them").toEqual(
    failures,
  );
  return { good, failures, flushed: bad.length - failures.length };
}
