import type { MW_TYPE_1, MW_TYPE_2, QPT_RC, QPT_UC, QPT_UD } from "@nomad/abi";
import type { Lid, LKey, Psn, Qpn, RKey } from "@nomad/base";
import type { CompletionChannel } from "./completion-channel.ts";

/** Memory that the adapter reads and writes: a guest's, or a program's own. Addresses are offsets into `bytes`. */
export interface DeviceMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The same memory as words, for `Atomics`. */
  readonly words: Int32Array;
}

/** Where packets leave. The adapter writes each packet straight into the caller's frame buffer. */
export interface Egress {
  /**
   * Room for one packet of at most `bytes` towards port `dlid`, or null while that link may take no more; the caller
   * then calls `Hca.transmitReady(dlid)` when it may. The slot is valid until `commit` and may be reused after it.
   *
   * A multicast LID (0xc000 to 0xfffe) stands for all ports but this one that have members in the group: the packet is
   * copied to each as it is, and given there to `Hca.receive` with that LID. The adapter itself delivers to its own members.
   */
  reserve(dlid: Lid, bytes: number): PacketSlot | null;
  /** The packet in the slot is complete and `bytes` long; the queue pair `from` sends it. */
  commit(bytes: number, from: Qpn): void;
}

export interface PacketSlot {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where in `bytes` the packet's BTH starts. */
  readonly offset: number;
}

/** A work or completion queue in device memory: byte addresses of its record and ring (abi/work.ts). */
export interface RingLocation {
  readonly record: number;
  readonly ring: number;
  /** A power of two. */
  readonly entries: number;
}

/** Where a queue of work requests is, and how many elements each may have. */
export type WorkRing = RingLocation & { readonly maxSge: number };

export type QpType = typeof QPT_RC | typeof QPT_UC | typeof QPT_UD;

export interface QpInit {
  /** QPT_RC when left out. */
  readonly type?: QpType;
  readonly pd: number;
  readonly memory: DeviceMemory;
  readonly sq: WorkRing;
  /** May be left out when there is an `srq`, which is then used in its place. */
  readonly rq?: WorkRing;
  /** The shared receive queue that it takes receive work requests from (RC and UD). */
  readonly srq?: number;
  readonly sendCq: number;
  readonly recvCq: number;
  readonly signalAll: boolean;
  /** What completions carry as qp_num: the number by which the program knows the queue pair. */
  readonly userIndex: number;
  /** The owner's epoch: a work request translated under another is handed to `HcaEvents.translate`. */
  readonly localEpoch: number;
}

/** Attributes of ibv_modify_qp, by libibverbs' names; which are required or allowed is the table in iba. */
export interface QpAttributes {
  state?: QpState;
  /** What the caller takes the state to be; refused when it is another. */
  curState?: QpState;
  /** 1: an event tells when the send queue has drained in SQD. */
  enSqdAsyncNotify?: number;
  /** Index in the port's table of partitions. */
  pkeyIndex?: number;
  /** There is one, 1. */
  port?: number;
  /** Datagrams: the key that a sender must give. */
  qkey?: number;
  access?: number;
  pathMtu?: number;
  timeout?: number;
  retryCnt?: number;
  rnrRetry?: number;
  rqPsn?: Psn;
  sqPsn?: Psn;
  maxRdAtomic?: number;
  maxDestRdAtomic?: number;
  minRnrTimer?: number;
  destQpn?: Qpn;
  dlid?: Lid;
  remoteEpoch?: number;
}

/** As in iba: RESET 0, INIT 1, RTR 2, RTS 3, SQD 4, SQE 5, ERR 6. */
export type QpState = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** Attributes that only some transports have, or that came later: a snapshot may do without them. */
type LateAttributes = "enSqdAsyncNotify" | "pkeyIndex" | "port" | "qkey";
type KeptAttributes = Required<Omit<QpAttributes, "state" | "curState">>;

/** A send work request that is started and not completed; its names and data are in the ring. */
export interface StartedWork {
  /** WR_* */
  readonly opcode: number;
  /** SEND_* */
  readonly flags: number;
  readonly firstPsn: Psn;
  /** 0: it is done, or has failed, and waits for its turn to complete. */
  readonly packets: number;
  readonly bytes: number;
  /** Bytes at its head that an earlier cut has found done. */
  readonly skipped: number;
  /** WC_* */
  readonly status: number;
}

/** A receive work request that a queue pair has taken from a shared queue, whose entry may hold another by now. */
export interface TakenReceive {
  readonly id: bigint;
  /** `name` is what stands behind the elements for the owner's own use: from it the owner knows the key on any adapter. */
  readonly elements: readonly {
    readonly address: number;
    readonly length: number;
    readonly lkey: LKey;
    readonly name: number;
  }[];
}

/** The result of an atomic, kept by the responder. */
export interface AtomicRecord {
  readonly psn: Psn;
  readonly original: bigint;
}

/** What an end of a connection reports to the other when it is cut. Plain data, for msgpack. */
export interface QpCut {
  /** Requester: highest PSN ever sent + 1, the first that will be sent after the cut; null when it has never sent. */
  readonly sqPsn: Psn | null;
  /** Requester: the oldest PSN it has no answer for. */
  readonly unackedPsn: Psn;
  /** Requester: is something started and not completed? */
  readonly busy: boolean;
  /** Responder: what it expects; everything before was taken, nothing else. Null when it takes no requests. */
  readonly rqPsn: Psn | null;
  /** Responder: results of the last atomics. */
  readonly atomics: readonly AtomicRecord[];
  /** Responder: the code of the NAK by which it has ended the connection, or null. */
  readonly refusal: number | null;
}

/**
 * What a queue pair is when it is frozen: enough to make it again on another adapter. Rings and their indices are in device
 * memory and move with it. Plain data, for msgpack.
 */
export interface QpSnapshot {
  readonly type: number;
  readonly state: QpState;
  readonly attributes: Omit<KeptAttributes, LateAttributes> & Partial<Pick<KeptAttributes, LateAttributes>>;
  /** PSN of the next request packet that will ever be sent: highest ever sent + 1. */
  readonly sqPsn: Psn;
  /** The oldest PSN that is not acknowledged; at rest equal to `sqPsn`. */
  readonly unackedPsn: Psn;
  /** Oldest first; none at rest. */
  readonly started: readonly StartedWork[];
  /** In SQD: an event is to tell that the send queue has drained. */
  readonly drainEventDue: boolean;
  /** PSN expected of the next request. */
  readonly rqPsn: Psn;
  readonly msn: number;
  /** Entries of the send queue that were executed; at rest equal to the record's consumer index. */
  readonly sqConsumer: number;
  /** Of its own receive queue; 0 when it takes from a shared one. */
  readonly rqConsumer: number;
  readonly signalAll: boolean;
  readonly userIndex: number;
  /** Results of the last atomics, so that a duplicate is answered and never executed again. */
  readonly atomics: readonly AtomicRecord[];
  readonly refusal: number | null;
  /** Events that its owner has been told, and is not told again: COMM_EST and QP_LAST_WQE_REACHED. */
  readonly established: boolean;
  readonly lastWqeTold: boolean;
  /** Bytes of the open RDMA WRITE that are in memory; 0 when there is none. An open SEND begins anew. */
  readonly written: number;
  /** The receive work request that an open SEND has taken from a shared queue; one of its own queue stays posted. */
  readonly taken: TakenReceive | null;
}

/** What a queue pair is now: its attributes, with the PSNs of the next packet ever sent and of the next expected. */
export interface QpQuery extends Required<QpAttributes> {
  readonly type: QpType;
  /** In SQD, with something still under way. */
  readonly sqDraining: boolean;
}

/** Where the peer is now; what is left out stays as it is. */
export interface QpTarget {
  readonly dlid?: Lid;
  readonly destQpn?: Qpn;
  readonly remoteEpoch?: number;
}

/** A registered region. Its two keys differ. With ACCESS_ZERO_BASED peers name its first byte 0. */
export interface MemoryRegion {
  readonly lkey: LKey;
  readonly rkey: RKey;
  readonly pd: number;
  readonly address: number;
  readonly length: number;
  readonly access: number;
}

export type MwType = typeof MW_TYPE_1 | typeof MW_TYPE_2;

/** A memory window: unbound (`length` 0, no region) or bound to a range of a region, whose rkey it is then. */
export interface MemoryWindow {
  readonly rkey: RKey;
  readonly type: MwType;
  readonly pd: number;
  readonly lkey: LKey | null;
  readonly address: number;
  readonly length: number;
  readonly access: number;
  /** The queue pair that a bound window of type 2 opens to; null for any of its domain, or none. */
  readonly qpn: Qpn | null;
}

/** Where datagrams go (ibv_ah_attr). */
export interface AhInit {
  readonly pd: number;
  /** A port's LID, or a group's (0xc000 to 0xfffe). */
  readonly dlid: Lid;
  /** With a global route header: needs `dgid`, and must be for a group. */
  readonly isGlobal?: boolean;
  /** 16 bytes. */
  readonly dgid?: Uint8Array;
  readonly sgidIndex?: number;
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly hopLimit?: number;
  readonly sl?: number;
  /** 1 when given. */
  readonly port?: number;
  /** The target's epoch: a work request translated under another is handed to `HcaEvents.translate`. */
  readonly remoteEpoch?: number;
}

export interface SrqInit extends WorkRing {
  readonly pd: number;
  readonly memory: DeviceMemory;
}

export interface SrqQuery {
  readonly entries: number;
  readonly maxSge: number;
  /** 0: no event is due. */
  readonly limit: number;
  /** Receive work requests posted and not taken. */
  readonly posted: number;
}

export interface CqInit {
  readonly memory: DeviceMemory;
  readonly location: RingLocation;
  /** Where its completion events are queued, besides being told by `HcaEvents.completionEvent`. */
  readonly channel?: CompletionChannel;
}

/** Asynchronous events by libibverbs' names (enum ibv_event_type without its prefix). */
export type AsyncEvent =
  | { readonly kind: QpEventKind; readonly qpn: Qpn }
  | { readonly kind: "CQ_ERR"; readonly cqn: number }
  | { readonly kind: "SRQ_LIMIT_REACHED" | "SRQ_ERR"; readonly srqn: number }
  | { readonly kind: PortEventKind; readonly port: number };

export type QpEventKind =
  | "QP_FATAL"
  | "QP_REQ_ERR"
  | "QP_ACCESS_ERR"
  | "COMM_EST"
  | "SQ_DRAINED"
  | "QP_LAST_WQE_REACHED";
export type PortEventKind =
  | "PORT_ACTIVE"
  | "PORT_ERR"
  | "PKEY_CHANGE"
  | "GID_CHANGE"
  | "SM_CHANGE"
  | "CLIENT_REREGISTER";

/** Who sent a datagram, and to whom, as the program that gets it is to know them. */
export interface DatagramSource {
  readonly lid: number;
  readonly qpn: number;
  /** The LID that the receiver knows as its own; null: the port's. */
  readonly dlid: number | null;
}

/** What the adapter asks of, and tells, its owner (the back-end). Called synchronously; must not call back into the adapter. */
export interface HcaEvents {
  /**
   * A work request was translated under another epoch than the queue pair's. The owner writes new physical keys and
   * epochs into it and answers `done`; or `pending`, and calls `Hca.doorbell(qpn)` later; or `failed`: it is executed
   * with the keys it has, and fails as the adapter finds.
   */
  translate(qpn: Qpn, queue: "send" | "recv", wqeAddress: number): "done" | "pending" | "failed";
  /**
   * Whom the program of queue pair `to` is told that a datagram came from. `pending`: the datagram waits until
   * `Hca.sourceSettled`. Without this method, and for null, the adapter's own names are told.
   */
  datagramSource?(to: Qpn, slid: Lid, from: Qpn): DatagramSource | "pending" | null;
  /** How the program of this queue pair knows a key that a message has invalidated; without this method, as it is. */
  keyName?(qpn: Qpn, rkey: RKey): number;
  /** A completion channel event: the armed queue has a completion. The adapter has already woken a waiting guest. */
  completionEvent(cqn: number): void;
  asyncEvent(event: AsyncEvent): void;
  /** Every send queue gated under this holder is drained. */
  drained(holder: string): void;
}
