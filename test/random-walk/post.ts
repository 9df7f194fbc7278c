import type { Random } from "@nomad/base";
import { COUNTER, type End, SLOT_BYTES, SLOTS } from "./end.ts";
import { hasImmediate, type Operation, prepare, takesReceive } from "./operation.ts";

// Posting what goes well, and telling the model what it does.

/** Posts an operation that succeeds: its effect, its completion and its receive are told to the model. */
export function postGood(random: Random, end: End, operation: Operation): void {
  const peer = end.peer as End;
  const { kind, bytes, mine, theirs, immediate, signaled } = operation;
  const atomic = kind === "fetchAdd" || kind === "compareSwap";
  const original = peer.memory.expected(COUNTER, 8).readBigUInt64LE();
  const operands = atomic ? operandsFor(random, kind, original) : [];
  const { wr, success } = prepare(random, end, operation, operands);
  end.qp.postSend(wr);
  if (signaled) end.sends.push(success);
  const data = end.memory.expected(mine, bytes);
  if (kind === "write" || kind === "writeImm") peer.memory.expect(theirs, data);
  if (kind === "read") end.memory.expect(mine, peer.memory.expected(theirs, bytes));
  if (atomic) {
    end.memory.expect(mine, peer.memory.expected(COUNTER, 8));
    peer.memory.expect(COUNTER, word(resultOf(kind, original, operands)));
  }
  if (takesReceive(kind)) expectReceive(peer, kind, data, hasImmediate(kind) ? immediate : null);
}

/** Sees to it that a message finds a receive; false when there can be no more. */
export function provideReceive(end: End): boolean {
  if (end.pool !== null) return end.pool.posted.size > end.pool.promised || end.pool.post();
  if (end.posted.length > 0) return true;
  if (end.receives.length >= SLOTS) return false;
  end.postReceive(SLOT_BYTES);
  return true;
}

function expectReceive(peer: End, kind: Operation["kind"], data: Buffer, immediate: number | null): void {
  const writes = kind === "writeImm";
  const common = { status: "WC_SUCCESS", byteLen: data.length, immediate, invalidated: null } as const;
  const opcode = writes ? "WC_RECV_RDMA_WITH_IMM" : "WC_RECV";
  const placed = writes ? Buffer.alloc(0) : data;
  if (peer.pool !== null) {
    peer.pool.promised++;
    peer.receives.push({ ...common, opcode, wrId: null, data: placed });
    return;
  }
  const receive = peer.posted.shift();
  if (receive === undefined) throw new Error("a receive was provided");
  peer.memory.expect(receive.offset, placed);
  peer.receives.push({ ...common, opcode, wrId: receive.wrId });
}

/** Compare or add, and swap. A comparison succeeds half of the time. */
function operandsFor(random: Random, kind: "fetchAdd" | "compareSwap", original: bigint): readonly bigint[] {
  const any = () => (BigInt(random.uint32()) << 32n) | BigInt(random.uint32());
  if (kind === "fetchAdd") return [any()];
  return [random.chance(0.5) ? original : any(), any()];
}

function resultOf(kind: "fetchAdd" | "compareSwap", original: bigint, operands: readonly bigint[]): bigint {
  const [first = 0n, swap = 0n] = operands;
  if (kind === "fetchAdd") return BigInt.asUintN(64, original + first);
  return original === first ? swap : original;
}

function word(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
