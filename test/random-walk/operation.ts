import type { Random } from "@nomad/base";
import { access, type SendWr, type Sge, type WcOpcode } from "@nomad/verbs";
import { COUNTER, type End, type Expected, MINE, SLOT_BYTES, THEIRS } from "./end.ts";
import { type Opening, opens } from "./opening.ts";

export const operationKinds = ["send", "sendImm", "write", "writeImm", "read", "fetchAdd", "compareSwap"] as const;
export type OperationKind = (typeof operationKinds)[number];

/** Sizes around where packets end, for each MTU. */
const sizes = [0, 1, 7, 64, 255, 256, 257, 1024, 1025, 4096, 4097, 6000] as const;
const INLINE_MAX = 64;
const ATOMIC_BYTES = 8;

/** An operation before it is posted: all that is chosen by chance. */
export interface Operation {
  readonly kind: OperationKind;
  readonly bytes: number;
  /** Offsets in this end's memory and in its peer's. */
  readonly mine: number;
  readonly theirs: number;
  readonly key: Opening;
  readonly immediate: number;
  readonly signaled: boolean;
}

/** The right that an operation needs at the peer; 0 when it names no key. */
export const rightsNeeded: Readonly<Record<OperationKind, number>> = {
  send: 0,
  sendImm: 0,
  write: access.REMOTE_WRITE,
  writeImm: access.REMOTE_WRITE,
  read: access.REMOTE_READ,
  fetchAdd: access.REMOTE_ATOMIC,
  compareSwap: access.REMOTE_ATOMIC,
};

const completionOf: Readonly<Record<OperationKind, WcOpcode>> = {
  send: "WC_SEND",
  sendImm: "WC_SEND",
  write: "WC_RDMA_WRITE",
  writeImm: "WC_RDMA_WRITE",
  read: "WC_RDMA_READ",
  fetchAdd: "WC_FETCH_ADD",
  compareSwap: "WC_COMP_SWAP",
};

const isAtomic = (kind: OperationKind) => kind === "fetchAdd" || kind === "compareSwap";
export const takesReceive = (kind: OperationKind) => kind === "send" || kind === "sendImm" || kind === "writeImm";
export const hasImmediate = (kind: OperationKind) => kind === "sendImm" || kind === "writeImm";

/** An operation of this kind on the `slot`th part of both memories, by this key of the peer's. */
export function choose(random: Random, end: End, kind: OperationKind, slot: number, key: Opening): Operation {
  const atomic = isAtomic(kind);
  const bytes = atomic ? ATOMIC_BYTES : random.pick(sizes);
  const theirs = atomic ? COUNTER : THEIRS + slot * SLOT_BYTES;
  const signaled = end.sqSigAll || random.chance(0.5);
  return { kind, bytes, mine: MINE + slot * SLOT_BYTES, theirs, key, immediate: random.uint32(), signaled };
}

/** Is the operation one that its key allows? */
export function allowed({ kind, key, theirs, bytes }: Operation, peer: End): boolean {
  const rights = rightsNeeded[kind];
  return rights === 0 || opens(key, peer, theirs, bytes, rights);
}

/** What to post, and the completion that it has when all goes well. */
export interface Posting {
  readonly wr: SendWr;
  readonly success: Expected;
}

/** Writes what is to be sent, and makes the work request. `operands`: of an atomic, compare or add, and swap. */
export function prepare(
  random: Random,
  end: End,
  operation: Operation,
  operands: readonly bigint[] = [1n, 0n],
): Posting {
  const { kind, bytes, mine, theirs, key, immediate, signaled } = operation;
  const wrId = end.takeSendId();
  const remote = { remoteAddress: addressOf(end, theirs), rkey: key.rkey };
  const common = { wrId, signaled, fence: random.chance(0.1) };
  const success = { wrId, status: "WC_SUCCESS", opcode: completionOf[kind] } as const;
  if (kind === "fetchAdd" || kind === "compareSwap") {
    const [first = 0n, swap = 0n] = operands;
    const fetch = { ...common, ...remote, sgList: [end.mr.sge(mine, bytes)] };
    const wr: SendWr =
      kind === "fetchAdd"
        ? { ...fetch, opcode: "WR_ATOMIC_FETCH_AND_ADD", add: first }
        : { ...fetch, opcode: "WR_ATOMIC_CMP_AND_SWP", compare: first, swap };
    return { wr, success };
  }
  if (kind === "read") {
    return {
      wr: { ...common, ...remote, opcode: "WR_RDMA_READ", sgList: scattered(random, end, mine, bytes) },
      success,
    };
  }
  const data = randomBytes(random, bytes);
  end.memory.write(mine, data);
  const inline = bytes <= INLINE_MAX && random.chance(0.3);
  const payload = inline ? { inline: data } : { sgList: scattered(random, end, mine, bytes) };
  const solicited = random.chance(0.2);
  const all = { ...common, ...payload, solicited };
  const wrs: Readonly<Record<"send" | "sendImm" | "write" | "writeImm", SendWr>> = {
    send: { ...all, opcode: "WR_SEND" },
    sendImm: { ...all, opcode: "WR_SEND_WITH_IMM", immediate },
    write: { ...all, ...remote, opcode: "WR_RDMA_WRITE" },
    writeImm: { ...all, ...remote, opcode: "WR_RDMA_WRITE_WITH_IMM", immediate },
  };
  return { wr: wrs[kind], success };
}

/** What the peer's memory is called: the model's keys all open addresses as they are. */
function addressOf(end: End, theirs: number): number {
  return (end.peer ?? end).memory.address + theirs;
}

/** One to three elements that together are `bytes` bytes from `offset`. */
function scattered(random: Random, end: End, offset: number, bytes: number): Sge[] {
  const cuts = [0, random.between(0, bytes), random.between(0, bytes), bytes].sort((x, y) => x - y);
  const count = random.between(1, 3);
  const ends = count === 1 ? [0, bytes] : count === 2 ? [0, cuts[1] as number, bytes] : cuts;
  return ends.slice(1).map((to, i) => end.mr.sge(offset + (ends[i] as number), to - (ends[i] as number)));
}

export function randomBytes(random: Random, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  for (let i = 0; i + 4 <= count; i += 4) bytes.writeUInt32LE(random.uint32(), i);
  for (let i = count & ~3; i < count; i++) bytes[i] = random.uint32() & 0xff;
  return bytes;
}
