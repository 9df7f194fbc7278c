import { QPS_RESET, QPS_RTR, QPS_RTS, QPS_SQD, QPT_RC, QUEUE_CONSUMER } from "@nomad/abi";
import { type Lid, limits, NomadError, type Psn, type Qpn } from "@nomad/base";
import type { CompletionQueue } from "./completion-queue.ts";
import { Counters } from "./counters.ts";
import type { MemoryRegions } from "./memory-region.ts";
import { RequesterState } from "./requester-state.ts";
import { ResponderState } from "./responder-state.ts";
import { Ring, recvStride, sendStride } from "./ring.ts";
import type { Scheduled } from "./schedule.ts";
import type { Timed } from "./timer-queue.ts";
import type { QpAttributes, QpInit, QpState } from "./types.ts";

/** All attributes but the state; 0 where none was set. */
export type QpSettings = { -readonly [K in keyof Omit<Required<QpAttributes>, "state">]: Required<QpAttributes>[K] };

export function emptySettings(): QpSettings {
  return {
    access: 0,
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

/** One end of a connection: its queues, its attributes, and the state of its two halves. */
export class QueuePair implements Scheduled<QueuePair>, Timed {
  readonly type = QPT_RC;
  /** Given once all is well, and changed by a move. */
  qpn = 0 as Qpn;
  readonly init: QpInit;
  readonly sq: Ring;
  readonly rq: Ring;
  readonly sendCq: CompletionQueue;
  readonly recvCq: CompletionQueue;
  state: QpState = QPS_RESET;
  settings = emptySettings();
  localEpoch: number;
  /** Bytes of payload in a full packet, and ms until a packet is sent again; derived from the settings. */
  mtu = 0;
  timeoutMs: number | null = null;
  /** Stopped for good or until thawed: no packet in or out, no access to memory. */
  frozen = false;
  /** Who holds the send queue: it starts no work request while there is one. */
  readonly holders = new Set<string>();
  readonly requester: RequesterState;
  readonly responder: ResponderState;
  readonly counters = new Counters();

  scheduled = false;
  nextScheduled: QueuePair | null = null;
  parkedFor = 0;
  timerAt = Infinity;
  heapIndex = -1;
  heapAt = 0;

  /** @throws NomadError E_VERB when the queues are not where they may be. */
  constructor(init: QpInit, sendCq: CompletionQueue, recvCq: CompletionQueue, regions: MemoryRegions) {
    for (const { maxSge } of [init.sq, init.rq]) {
      if (maxSge > limits.sgesMax) throw new NomadError("E_VERB", `${maxSge} elements: at most ${limits.sgesMax}`);
    }
    this.init = init;
    this.localEpoch = init.localEpoch;
    this.sq = new Ring(init.memory, init.sq, sendStride(init.sq.maxSge));
    this.rq = new Ring(init.memory, init.rq, recvStride(init.rq.maxSge));
    this.sendCq = sendCq;
    this.recvCq = recvCq;
    this.requester = new RequesterState(this.sq, regions);
    this.responder = new ResponderState(regions);
  }

  /** May the send queue start a work request? */
  get maySend(): boolean {
    return this.state === QPS_RTS && this.holders.size === 0 && !this.frozen;
  }

  /** Does it answer for what its send queue has started? */
  get requesting(): boolean {
    return this.state === QPS_RTS || this.state === QPS_SQD;
  }

  /** Does it take requests? */
  get responding(): boolean {
    return this.state >= QPS_RTR && this.state <= QPS_SQD;
  }

  /** Publishes how far the queues are executed. */
  storeConsumers(): void {
    this.sq.store(QUEUE_CONSUMER, this.requester.consumer);
    this.rq.store(QUEUE_CONSUMER, this.responder.consumer);
  }
}
