import { QPS_RESET, QPS_RTR, QPS_RTS, QPS_SQD, QPS_SQE, QPT_RC, QUEUE_CONSUMER } from "@nomad/abi";
import type { Lid, Psn, Qpn } from "@nomad/base";
import type { CompletionQueue } from "./completion-queue.ts";
import { Counters } from "./counters.ts";
import type { KeyUser } from "./keyed.ts";
import type { MemoryRegions } from "./memory-region.ts";
import { checkElements, type ReceiveQueue } from "./receive-queue.ts";
import { RequesterState } from "./requester-state.ts";
import { ResponderState } from "./responder-state.ts";
import { Ring, sendStride } from "./ring.ts";
import type { Scheduled } from "./schedule.ts";
import type { SharedReceiveQueue } from "./shared-receive-queue.ts";
import type { Timed } from "./timer-queue.ts";
import type { QpAttributes, QpInit, QpState, QpType } from "./types.ts";
import type { Watch } from "./watch.ts";

/** All attributes but the state; 0 where none was set. */
export type QpSettings = Required<Omit<QpAttributes, "state" | "curState">>;

export function emptySettings(): QpSettings {
  return {
    access: 0,
    enSqdAsyncNotify: 0,
    pkeyIndex: 0,
    port: 0,
    qkey: 0,
    pathMtu: 0,
    timeout: 0,
    retryCnt: 0,
    rnrRetry: 0,
    rqPsn: 0 as Psn,
    sqPsn: 0 as Psn,
    maxRdAtomic: 0,
    maxDestRdAtomic: 0,
    minRnrTimer: 0,
    destQpn: 0 as Qpn,
    dlid: 0 as Lid,
    remoteEpoch: 0,
  };
}

/** Holders of most queue pairs. */
const nobody: readonly string[] = [];

/** Whether the adapter may touch a guest's memory. */
export interface MemoryAccess {
  closed: boolean;
}

/** What a queue pair completes in and receives from. */
export interface QpQueues {
  readonly sendCq: CompletionQueue;
  readonly recvCq: CompletionQueue;
  readonly receives: ReceiveQueue;
  /** `receives`, when it is shared. */
  readonly srq: SharedReceiveQueue | null;
}

/** One end of a connection, or of no connection: its queues, its attributes, and the state of its two halves. */
export class QueuePair implements Scheduled<QueuePair>, Timed, KeyUser {
  readonly type: QpType;
  /** Given once all is well, and changed by a move. */
  qpn = 0 as Qpn;
  readonly signalAll: boolean;
  /** What completions carry. */
  readonly userIndex: number;
  readonly pd: number;
  readonly sq: Ring;
  readonly maxSendSge: number;
  readonly sendCq: CompletionQueue;
  readonly recvCq: CompletionQueue;
  readonly receives: ReceiveQueue;
  readonly srq: SharedReceiveQueue | null;
  state: QpState = QPS_RESET;
  settings = emptySettings();
  localEpoch: number;
  /** Bytes of payload in a full packet, and ms until a packet is sent again; derived from the settings. */
  mtu = 0;
  timeoutMs: number | null = null;
  /** In SQD: an event is to tell that the send queue has drained. */
  drainEventDue = false;
  /** Stopped by itself, for good or until thawed. */
  stopped = false;
  /** Shared by all that work on the same memory. */
  readonly access: MemoryAccess;
  /** Who is told when anything is done with it; null: nobody wants to know, or was told. */
  watch: Watch | null = null;
  /** Who holds the send queue: it starts no work request while there is one. */
  holders: readonly string[] = nobody;
  readonly requester: RequesterState;
  readonly responder: ResponderState;
  /** Null as long as nothing has been counted. */
  counted: Counters | null = null;

  scheduled = false;
  nextScheduled: QueuePair | null = null;
  parkedFor = 0;
  timerAt = Infinity;
  heapIndex = -1;
  heapAt = 0;

  /** @throws NomadError E_VERB when the send queue is not where it may be. */
  constructor(init: QpInit, access: MemoryAccess, queues: QpQueues, regions: MemoryRegions) {
    checkElements(init.sq.maxSge);
    this.access = access;
    this.type = init.type ?? QPT_RC;
    this.signalAll = init.signalAll;
    this.userIndex = init.userIndex;
    this.pd = init.pd;
    this.localEpoch = init.localEpoch;
    this.maxSendSge = init.sq.maxSge;
    this.sq = new Ring(init.memory, init.sq, sendStride(init.sq.maxSge));
    this.sendCq = queues.sendCq;
    this.recvCq = queues.recvCq;
    this.receives = queues.receives;
    this.srq = queues.srq;
    this.requester = new RequesterState(this.sq, regions);
    this.responder = new ResponderState(regions);
  }

  /** To count in. */
  get counters(): Counters {
    this.counted ??= new Counters();
    return this.counted;
  }

  /** No packet in or out, no access to memory. */
  get frozen(): boolean {
    return this.stopped || this.access.closed;
  }

  /** To be called before anything is done that may make it another than it was described. */
  stir(): void {
    this.watch?.note(this);
  }

  /** May the send queue start a work request? */
  get maySend(): boolean {
    return this.state === QPS_RTS && this.holders.length === 0 && !this.frozen;
  }

  /** Does it answer for what its send queue has started? */
  get requesting(): boolean {
    return this.state === QPS_RTS || this.state === QPS_SQD;
  }

  /** Does it take requests? */
  get responding(): boolean {
    return this.state >= QPS_RTR && this.state <= QPS_SQE;
  }

  /** Publishes how far the queues are executed. */
  storeConsumers(): void {
    this.sq.store(QUEUE_CONSUMER, this.requester.consumer);
    if (this.srq === null) this.receives.storeConsumer();
  }
}
