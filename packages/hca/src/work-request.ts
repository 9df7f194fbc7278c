import {
  ACCESS_LOCAL_WRITE,
  RECV_WQE_SGES,
  SEND_FENCE,
  SEND_INLINE,
  SEND_SIGNALED,
  SEND_SOLICITED,
  SEND_WQE_COMPARE_ADD,
  SEND_WQE_IMM,
  SEND_WQE_REMOTE_ADDRESS,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_RKEY,
  SEND_WQE_SGES,
  SEND_WQE_SWAP,
  WC_COMP_SWAP,
  WC_FETCH_ADD,
  WC_LOC_LEN_ERR,
  WC_LOC_PROT_ERR,
  WC_LOC_QP_OP_ERR,
  WC_RDMA_READ,
  WC_RDMA_WRITE,
  WC_SEND,
  WC_SUCCESS,
  WQE_FLAGS,
  WQE_LOCAL_EPOCH,
  WQE_OPCODE,
  WQE_SGE_COUNT,
  WR_ATOMIC_CMP_AND_SWP,
  WR_ATOMIC_FETCH_AND_ADD,
  WR_RDMA_READ,
  WR_RDMA_WRITE,
  WR_RDMA_WRITE_WITH_IMM,
  WR_SEND,
  WR_SEND_WITH_IMM,
} from "@nomad/abi";
import { limits, type RKey } from "@nomad/base";
import { type Operation, packetsOf, RC_COMPARE_SWAP, RC_FETCH_ADD } from "@nomad/iba";
import type { MemoryRegions } from "./memory-region.ts";
import type { Ring } from "./ring.ts";
import { SgeList } from "./sge-list.ts";

// Work requests are read from memory that the guest may change at any time. Each is copied once when it is taken up, and
// every field is checked in the copy.

/** What a posted opcode means. */
export interface SendOperation {
  readonly operation: Exclude<Operation, "ack">;
  readonly immediate: boolean;
  /** The peer's memory is named by address and rkey. */
  readonly oneSided: boolean;
  /** The response brings data, so that an ACK alone does not complete it. */
  readonly fetches: boolean;
  /** WC_* opcode of its completion. */
  readonly completion: number;
  /** The packet of an atomic. */
  readonly atomic: number;
}

function row(operation: SendOperation["operation"], completion: number, immediate: boolean, atomic = 0): SendOperation {
  const fetches = operation === "read" || operation === "atomic";
  return { operation, immediate, oneSided: operation !== "send", fetches, completion, atomic };
}

/** By WR_* opcode. */
export const sendOperations: Readonly<Record<number, SendOperation>> = {
  [WR_RDMA_WRITE]: row("write", WC_RDMA_WRITE, false),
  [WR_RDMA_WRITE_WITH_IMM]: row("write", WC_RDMA_WRITE, true),
  [WR_SEND]: row("send", WC_SEND, false),
  [WR_SEND_WITH_IMM]: row("send", WC_SEND, true),
  [WR_RDMA_READ]: row("read", WC_RDMA_READ, false),
  [WR_ATOMIC_CMP_AND_SWP]: row("atomic", WC_COMP_SWAP, false, RC_COMPARE_SWAP),
  [WR_ATOMIC_FETCH_AND_ADD]: row("atomic", WC_FETCH_ADD, false, RC_FETCH_ADD),
};

/** What stands for an opcode that there is not: completed with an error, as a SEND. */
export const unknownOperation: SendOperation = row("send", WC_SEND, false);

/** Bytes that an atomic reads and writes. */
export const ATOMIC_BYTES = 8;
/** A READ is answered by fewer packets than half of the window in which PSNs can be told apart. */
export const READ_PACKETS_MAX = 2 ** 22;

/** A send work request, copied. */
export class SendRequest {
  /** Which entry of the queue is loaded, or -1. */
  index = -1;
  wr = unknownOperation;
  /** SEND_* flags. */
  flags = 0;
  localEpoch = 0;
  remoteEpoch = 0;
  immediate = 0;
  remoteAddress = 0;
  rkey = 0 as RKey;
  swapOrAdd = 0n;
  compare = 0n;
  /** Are there keys of the owner's in it? */
  keyed = false;
  readonly sges: SgeList;

  constructor(regions: MemoryRegions) {
    this.sges = new SgeList(regions);
  }

  get signaled(): boolean {
    return (this.flags & SEND_SIGNALED) !== 0;
  }

  get solicited(): boolean {
    return (this.flags & SEND_SOLICITED) !== 0;
  }

  get fenced(): boolean {
    return (this.flags & SEND_FENCE) !== 0;
  }

  /** Copies entry `index`; WC_SUCCESS, or the status with which it fails when it is malformed. Keys are not looked up. */
  load(ring: Ring, index: number, maxSge: number, pd: number): number {
    const at = ring.address(index);
    const view = ring.memory.view;
    this.index = index;
    this.flags = view.getUint32(at + WQE_FLAGS, true);
    this.localEpoch = view.getUint32(at + WQE_LOCAL_EPOCH, true);
    this.remoteEpoch = view.getUint32(at + SEND_WQE_REMOTE_EPOCH, true);
    this.immediate = view.getUint32(at + SEND_WQE_IMM, true);
    this.remoteAddress = u64(view, at + SEND_WQE_REMOTE_ADDRESS);
    this.rkey = view.getUint32(at + SEND_WQE_RKEY, true) as RKey;
    this.keyed = false;
    this.sges.load(ring.memory, at + SEND_WQE_SGES, 0, pd, 0);
    const wr = sendOperations[view.getUint32(at + WQE_OPCODE, true)];
    this.wr = wr ?? unknownOperation;
    if (wr === undefined) return WC_LOC_QP_OP_ERR;
    if (wr.operation === "atomic") this.#loadAtomic(view, at, wr);
    const count = view.getUint32(at + WQE_SGE_COUNT, true);
    return this.flags & SEND_INLINE ? this.#loadInline(ring, at, count) : this.#loadSges(ring, at, count, maxSge, pd);
  }

  /** The status with which it fails for its size or its keys, or WC_SUCCESS. */
  check(mtu: number): number {
    const { wr, sges } = this;
    if (sges.bytes > limits.messageBytesMax) return WC_LOC_LEN_ERR;
    if (wr.operation === "atomic" && sges.bytes !== ATOMIC_BYTES) return WC_LOC_LEN_ERR;
    if (wr.operation === "read" && packetsOf(sges.bytes, mtu) > READ_PACKETS_MAX) return WC_LOC_LEN_ERR;
    return sges.accessible() ? WC_SUCCESS : WC_LOC_PROT_ERR;
  }

  /** PSNs that it takes: those of the request, or of the response where that is longer. */
  packets(mtu: number): number {
    return this.wr.operation === "atomic" ? 1 : packetsOf(this.sges.bytes, mtu);
  }

  #loadAtomic(view: DataView, at: number, wr: SendOperation): void {
    const compareAdd = view.getBigUint64(at + SEND_WQE_COMPARE_ADD, true);
    const swaps = wr.atomic === RC_COMPARE_SWAP;
    this.swapOrAdd = swaps ? view.getBigUint64(at + SEND_WQE_SWAP, true) : compareAdd;
    this.compare = swaps ? compareAdd : 0n;
  }

  #loadInline(ring: Ring, at: number, bytes: number): number {
    if (this.wr.fetches) return WC_LOC_QP_OP_ERR;
    if (bytes > ring.stride - SEND_WQE_SGES) return WC_LOC_LEN_ERR;
    this.sges.loadInline(ring.memory, at + SEND_WQE_SGES, bytes);
    return WC_SUCCESS;
  }

  #loadSges(ring: Ring, at: number, count: number, maxSge: number, pd: number): number {
    if (count > maxSge) return WC_LOC_QP_OP_ERR;
    this.sges.load(ring.memory, at + SEND_WQE_SGES, count, pd, this.wr.fetches ? ACCESS_LOCAL_WRITE : 0);
    this.keyed = count > 0;
    return WC_SUCCESS;
  }
}

/** A receive work request, copied. */
export class RecvRequest {
  localEpoch = 0;
  readonly sges: SgeList;

  constructor(regions: MemoryRegions) {
    this.sges = new SgeList(regions);
  }

  /** Copies entry `index`; false when it is malformed. Keys are looked up when data comes. */
  load(ring: Ring, index: number, maxSge: number, pd: number): boolean {
    const at = ring.address(index);
    const count = ring.memory.view.getUint32(at + WQE_SGE_COUNT, true);
    this.localEpoch = ring.memory.view.getUint32(at + WQE_LOCAL_EPOCH, true);
    const fits = count <= maxSge;
    this.sges.load(ring.memory, at + RECV_WQE_SGES, fits ? count : 0, pd, ACCESS_LOCAL_WRITE);
    return fits;
  }
}

/** 64 bits as a number: exact up to 2^53, and above every region beyond that. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
