import type { Lid, LKey, Psn, Qpn, RKey } from "@nomad/base";

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

export interface QpInit {
  readonly pd: number;
  readonly memory: DeviceMemory;
  readonly sq: RingLocation & { readonly maxSge: number };
  readonly rq: RingLocation & { readonly maxSge: number };
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

/**
 * What a queue pair is when nothing of it is in flight: enough to make it again on another adapter. Rings and their
 * indices are in device memory and move with it. Plain data, for msgpack.
 */
export interface QpSnapshot {
  readonly type: number;
  readonly state: QpState;
  readonly attributes: Required<Omit<QpAttributes, "state">>;
  /** PSN of the next request packet that will ever be sent: highest ever sent + 1. */
  readonly sqPsn: Psn;
  /** PSN expected of the next request. */
  readonly rqPsn: Psn;
  readonly msn: number;
  /** Entries of the send queue that were executed; at rest equal to the record's consumer index. */
  readonly sqConsumer: number;
  readonly rqConsumer: number;
  readonly signalAll: boolean;
  readonly userIndex: number;
  /** Results of the last atomics, so that a duplicate is answered and never executed again. */
  readonly atomics: readonly { readonly psn: Psn; readonly original: bigint }[];
}

/** What a queue pair is now: its attributes, with the PSNs of the next packet ever sent and of the next expected. */
export type QpQuery = Required<QpAttributes>;

/** Where the peer is now; what is left out stays as it is. */
export interface QpTarget {
  readonly dlid?: Lid;
  readonly destQpn?: Qpn;
  readonly remoteEpoch?: number;
}

export interface MemoryRegion {
  readonly lkey: LKey;
  readonly rkey: RKey;
  readonly pd: number;
  readonly address: number;
  readonly length: number;
  readonly access: number;
}

/** What the adapter asks of, and tells, its owner (the back-end). Called synchronously; must not call back into the adapter. */
export interface HcaEvents {
  /**
   * A work request was translated under another epoch than the queue pair's. The owner writes new physical keys and
   * epochs into it and answers `done`; or `pending`, and calls `Hca.doorbell(qpn)` later; or `failed`: it is executed
   * with the keys it has, and fails as the adapter finds.
   */
  translate(qpn: Qpn, queue: "send" | "recv", wqeAddress: number): "done" | "pending" | "failed";
  /** A completion channel event: the armed queue has a completion. The adapter has already woken a waiting guest. */
  completionEvent(cqn: number): void;
  /** Affiliated asynchronous error of a queue pair (IBA names) or completion queue. */
  asyncEvent(
    event:
      | { readonly kind: "qp-fatal" | "qp-access-error" | "qp-request-error" | "comm-established"; readonly qpn: Qpn }
      | { readonly kind: "cq-error"; readonly cqn: number },
  ): void;
  /** Every send queue gated under this holder is drained. */
  drained(holder: string): void;
}
