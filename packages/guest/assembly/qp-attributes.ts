// What queue pairs are made with, and what they are told on the way to RTS.
import { HC_MODIFY_QP } from "../../abi/src/hypercall.ts";
import { MTU_4096, QPS_RESET, QPT_RC } from "../../abi/src/verbs.ts";
import { argument, begin, call } from "./hypercall.ts";
import { SharedReceiveQueue } from "./shared-receive-queue.ts";

/** What a queue pair is made with: ibv_qp_init_attr. */
@final
export class QueuePairOptions {
  /** QPT_*. */
  type: u32 = QPT_RC;
  sendEntries: u32 = 64;
  receiveEntries: u32 = 64;
  maxSendSge: u32 = 1;
  maxReceiveSge: u32 = 1;
  signalAll: bool = false;
  /** Where it takes receives from, in place of a queue of its own. */
  sharedReceiveQueue: SharedReceiveQueue | null = null;
}

/** Where to connect, and how: the attributes of ibv_modify_qp on the way to RTS. Both ends exchange the first three. */
@final
export class ConnectOptions {
  vlid: u32 = 0;
  vqpn: u32 = 0;
  /** First PSN of the peer's requests, and of our own. */
  receivePsn: u32 = 0;
  sendPsn: u32 = 0;
  pathMtu: u32 = MTU_4096;
  /** Local ACK time-out: 4.096 us * 2^timeout. */
  timeout: u32 = 14;
  retryCount: u32 = 7;
  rnrRetry: u32 = 7;
  minRnrTimer: u32 = 12;
  maxReadAtomic: u32 = 8;
}

/** ibv_qp_attr with its mask, which says what of it counts. */
@final
export class QueuePairChange {
  state: u32 = QPS_RESET;
  access: u32 = 0;
  qkey: u32 = 0;
  connection: ConnectOptions = new ConnectOptions();

  constructor(public mask: u32) {}

  /** ibv_modify_qp: 0 or a negative errno. */
  apply(vqpn: u32): i32 {
    const to = this.connection;
    begin();
    argument(vqpn);
    argument(this.mask);
    argument(this.state);
    argument(this.access);
    argument(to.pathMtu);
    argument(to.timeout);
    argument(to.retryCount);
    argument(to.rnrRetry);
    argument(to.receivePsn);
    argument(to.sendPsn);
    argument(to.maxReadAtomic);
    argument(to.maxReadAtomic);
    argument(to.minRnrTimer);
    argument(to.vqpn);
    argument(to.vlid);
    argument(this.qkey);
    return call(HC_MODIFY_QP);
  }
}
