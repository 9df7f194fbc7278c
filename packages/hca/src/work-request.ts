import {
  ACCESS_LOCAL_WRITE,
  QPT_RC,
  QPT_UC,
  QPT_UD,
  RECV_WQE_SGES,
  SEND_FENCE,
  SEND_INLINE,
  SEND_SIGNALED,
  SEND_SOLICITED,
  SEND_WQE_AH,
  SEND_WQE_BIND_ACCESS,
  SEND_WQE_BIND_TYPE,
  SEND_WQE_COMPARE_ADD,
  SEND_WQE_IMM,
  SEND_WQE_REMOTE_ADDRESS,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_REMOTE_QKEY,
  SEND_WQE_REMOTE_QPN,
  SEND_WQE_RKEY,
  SEND_WQE_SGES,
  SEND_WQE_SWAP,
  SGE_BYTES,
  WC_BIND_MW,
  WC_COMP_SWAP,
  WC_FETCH_ADD,
  WC_LOC_LEN_ERR,
  WC_LOC_PROT_ERR,
  WC_LOC_QP_OP_ERR,
  WC_LOCAL_INV,
  WC_RDMA_READ,
  WC_RDMA_WRITE,
  WC_SEND,
  WC_SUCCESS,
  WQE_FLAGS,
  WQE_ID,
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
  WR_SEND,
  WR_SEND_WITH_IMM,
  WR_SEND_WITH_INV,
} from "@nomad/abi";
import { type LKey, limits, type Qpn, type RKey } from "@nomad/base";
import {
  type Operation,
  packetsOf,
  RC_COMPARE_SWAP,
  RC_FETCH_ADD,
  type Segments,
  segmentsOf,
  type Trailer,
  type Transport,
} from "@nomad/iba";
import type { MemoryRegions } from "./memory-region.ts";
import type { Ring } from "./ring.ts";
import { SgeList } from "./sge-list.ts";
import type { TakenReceive } from "./types.ts";

// Work requests are read from memory that the guest may change at any time. Each is copied once when it is taken up, and
// every field is checked in the copy.

/** What a posted opcode means. */
export interface SendOperation {
  readonly operation: Exclude<Operation, "ack"> | "bind" | "invalidate";
  /** QPT_* of the queue pairs that may post it. */
  readonly transports: readonly number[];
  /** A key of the peer's is in it. */
  readonly remoteKey: boolean;
  /** The response brings data, so that an ACK alone does not complete it. */
  readonly fetches: boolean;
  /** It is done here, without a packet. */
  readonly local: boolean;
  /** WC_* opcode of its completion. */
  readonly completion: number;
  /** The packet of an atomic. */
  readonly atomic: number;
  readonly trailer: Trailer;
  /** By QPT_*: the packets of a SEND or WRITE; null where there are none. */
  readonly segments: Readonly<Record<number, Segments | null>>;
}

const reliable = [QPT_RC] as const;
const connected = [QPT_RC, QPT_UC] as const;
const all = [QPT_RC, QPT_UC, QPT_UD] as const;

type Operations = SendOperation["operation"];

function row(
  operation: Operations,
  completion: number,
  transports: readonly Transport[],
  rest: Rest = {},
): SendOperation {
  const { trailer = "plain", atomic = 0 } = rest;
  const segmented = operation === "send" || operation === "write" ? operation : null;
  return {
    operation,
    completion,
    transports,
    trailer,
    atomic,
    local: operation === "bind" || operation === "invalidate",
    fetches: operation === "read" || operation === "atomic",
    remoteKey: operation === "write" || operation === "read" || operation === "atomic" || trailer === "invalidate",
    segments: Object.fromEntries(all.map((type) => [type, segmented && segmentsOf(type, segmented, trailer)])),
  };
}

type Rest = { readonly trailer?: Trailer; readonly atomic?: number };

/** By WR_* opcode. */
export const sendOperations: Readonly<Record<number, SendOperation>> = {
  [WR_RDMA_WRITE]: row("write", WC_RDMA_WRITE, connected),
  [WR_RDMA_WRITE_WITH_IMM]: row("write", WC_RDMA_WRITE, connected, { trailer: "immediate" }),
  [WR_SEND]: row("send", WC_SEND, all),
  [WR_SEND_WITH_IMM]: row("send", WC_SEND, all, { trailer: "immediate" }),
  [WR_RDMA_READ]: row("read", WC_RDMA_READ, reliable),
  [WR_ATOMIC_CMP_AND_SWP]: row("atomic", WC_COMP_SWAP, reliable, { atomic: RC_COMPARE_SWAP }),
  [WR_ATOMIC_FETCH_AND_ADD]: row("atomic", WC_FETCH_ADD, reliable, { atomic: RC_FETCH_ADD }),
  [WR_LOCAL_INV]: row("invalidate", WC_LOCAL_INV, connected),
  [WR_BIND_MW]: row("bind", WC_BIND_MW, connected),
  [WR_SEND_WITH_INV]: row("send", WC_SEND, reliable, { trailer: "invalidate" }),
};

/** What stands for an opcode that there is not: completed with an error, as a SEND. */
export const unknownOperation: SendOperation = row("send", WC_SEND, []);

const QPN_MASK = 0xffffff;
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
  /** Datagrams: the address handle, and the queue pair behind it. */
  ah = 0;
  remoteQpn = 0 as Qpn;
  remoteQkey = 0;
  /** WR_BIND_MW: ACCESS_* and MW_TYPE_*. */
  bindAccess = 0;
  bindType = 0;
  /** Are there keys of the owner's in it? */
  keyed = false;
  /** Bytes at the head of its data that a cut has found done: see RequesterState. */
  skipped = 0;
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
  load(ring: Ring, index: number, type: number, maxSge: number, pd: number): number {
    const at = ring.address(index);
    const view = ring.memory.view;
    this.index = index;
    this.skipped = 0;
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
    else if (type === QPT_UD) this.#loadTarget(view, at);
    else if (wr.operation === "bind") this.#loadBinding(view, at);
    const count = view.getUint32(at + WQE_SGE_COUNT, true);
    return this.flags & SEND_INLINE ? this.#loadInline(ring, at, count) : this.#loadSges(ring, at, count, maxSge, pd);
  }

  /** The status with which it fails for its kind, size or keys on such a queue pair, or WC_SUCCESS. */
  check(type: number, mtu: number): number {
    const { wr, sges } = this;
    if (!wr.transports.includes(type)) return WC_LOC_QP_OP_ERR;
    if (wr.local) return WC_SUCCESS;
    if (sges.bytes > (type === QPT_UD ? mtu : limits.messageBytesMax)) return WC_LOC_LEN_ERR;
    if (wr.operation === "atomic" && sges.bytes !== ATOMIC_BYTES) return WC_LOC_LEN_ERR;
    if (wr.operation === "read" && packetsOf(sges.bytes, mtu) > READ_PACKETS_MAX) return WC_LOC_LEN_ERR;
    // As adapters do, where a response goes is looked at when it comes: the peer's error is found first.
    return wr.fetches || sges.accessible() ? WC_SUCCESS : WC_LOC_PROT_ERR;
  }

  /** PSNs that it takes: those of the request, or of the response where that is longer. */
  packets(mtu: number): number {
    if (this.wr.local) return 0;
    return this.wr.operation === "atomic" ? 1 : packetsOf(this.sges.bytes, mtu);
  }

  #loadAtomic(view: DataView, at: number, wr: SendOperation): void {
    const compareAdd = view.getBigUint64(at + SEND_WQE_COMPARE_ADD, true);
    const swaps = wr.atomic === RC_COMPARE_SWAP;
    this.swapOrAdd = swaps ? view.getBigUint64(at + SEND_WQE_SWAP, true) : compareAdd;
    this.compare = swaps ? compareAdd : 0n;
  }

  #loadTarget(view: DataView, at: number): void {
    this.ah = view.getUint32(at + SEND_WQE_AH, true);
    this.remoteQpn = (view.getUint32(at + SEND_WQE_REMOTE_QPN, true) & QPN_MASK) as Qpn;
    this.remoteQkey = view.getUint32(at + SEND_WQE_REMOTE_QKEY, true);
  }

  #loadBinding(view: DataView, at: number): void {
    this.bindAccess = view.getUint32(at + SEND_WQE_BIND_ACCESS, true);
    this.bindType = view.getUint32(at + SEND_WQE_BIND_TYPE, true);
  }

  #loadInline(ring: Ring, at: number, bytes: number): number {
    if (this.wr.fetches || this.wr.local) return WC_LOC_QP_OP_ERR;
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
  idLow = 0;
  idHigh = 0;
  localEpoch = 0;
  readonly sges: SgeList;
  /** What the owner keeps behind each element; known for what was taken from a shared queue. */
  readonly names = new Uint32Array(limits.sgesMax);

  constructor(regions: MemoryRegions) {
    this.sges = new SgeList(regions);
  }

  /** Its entry is about to be free for another: keeps what `load` leaves there. */
  keepNames(ring: Ring, index: number, maxSge: number): void {
    const at = ring.address(index) + RECV_WQE_SGES + maxSge * SGE_BYTES;
    for (let i = 0; i < this.sges.count; i++) this.names[i] = ring.memory.view.getUint32(at + 4 * i, true);
  }

  /** As plain data, to be restored elsewhere. */
  taken(): TakenReceive {
    const { sges, names } = this;
    const element = (i: number) => {
      const [address, length, lkey] = [sges.address(i), sges.length(i), sges.key(i) as LKey];
      return { address, length, lkey, name: names[i] as number };
    };
    const id = (BigInt(this.idHigh) << 32n) | BigInt(this.idLow);
    return { id, elements: Array.from({ length: sges.count }, (_, i) => element(i)) };
  }

  /** Becomes what was taken elsewhere; its keys are those of this adapter. */
  restore({ id, elements }: TakenReceive, pd: number): void {
    this.idLow = Number(id & 0xffffffffn);
    this.idHigh = Number(id >> 32n);
    for (const [i, { name }] of elements.entries()) this.names[i] = name;
    this.sges.adopt(elements, pd, ACCESS_LOCAL_WRITE);
  }

  /** Copies entry `index`; false when it is malformed. Keys are looked up when data comes. */
  load(ring: Ring, index: number, maxSge: number, pd: number): boolean {
    const at = ring.address(index);
    const count = ring.memory.view.getUint32(at + WQE_SGE_COUNT, true);
    this.idLow = ring.memory.view.getUint32(at + WQE_ID, true);
    this.idHigh = ring.memory.view.getUint32(at + WQE_ID + 4, true);
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
