import { EINVAL, ENOMEM, HC_CREATE_QP, HC_DESTROY_QP, HC_MODIFY_QP } from "../../abi/src/hypercall.ts";
import {
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  MTU_4096,
  QP_ACCESS_FLAGS,
  QP_AV,
  QP_DEST_QPN,
  QP_MAX_DEST_RD_ATOMIC,
  QP_MAX_QP_RD_ATOMIC,
  QP_MIN_RNR_TIMER,
  QP_PATH_MTU,
  QP_PKEY_INDEX,
  QP_PORT,
  QP_RETRY_CNT,
  QP_RNR_RETRY,
  QP_RQ_PSN,
  QP_SQ_PSN,
  QP_STATE,
  QP_TIMEOUT,
  QPS_INIT,
  QPS_RTR,
  QPS_RTS,
  QPT_RC,
  SEND_INLINE,
  WR_SEND,
  WR_SEND_WITH_IMM,
} from "../../abi/src/verbs.ts";
import {
  QUEUE_REMOTE_EPOCH,
  RECV_WQE_SGES,
  SEND_WQE_COMPARE_ADD,
  SEND_WQE_IMM,
  SEND_WQE_REMOTE_ADDRESS,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_RKEY,
  SEND_WQE_SGES,
  SEND_WQE_SWAP,
  SEND_WQE_V_RKEY,
  SGE_ADDRESS,
  SGE_BYTES,
  SGE_LENGTH,
  SGE_LKEY,
  WQE_FLAGS,
  WQE_ID,
  WQE_LOCAL_EPOCH,
  WQE_OPCODE,
  WQE_SGE_COUNT,
} from "../../abi/src/work.ts";
import { CompletionQueue } from "./completion-queue.ts";
import { ringDoorbell } from "./doorbell.ts";
import { localKey, localKeysEpoch, remoteKey } from "./driver.ts";
import { argument, begin, call, result } from "./hypercall.ts";
import { ProtectionDomain } from "./protection-domain.ts";
import { Ring, ringEntries, workRequestStride } from "./ring.ts";
import { ReceiveRequest, ScatterGather, SendRequest } from "./work-request.ts";

/** What a queue pair is made with: ibv_qp_init_attr. */
@final
export class QueuePairOptions {
  sendEntries: u32 = 64;
  receiveEntries: u32 = 64;
  maxSendSge: u32 = 1;
  maxReceiveSge: u32 = 1;
  signalAll: bool = false;
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

/** ibv_qp of type RC. */
@final
export class QueuePair {
  /** vLID of the connected peer: whose keys a work request's remote key is one of. */
  private peer: u32 = 0;

  private constructor(
    /** The number programs exchange; unique with the guest's vLID. */
    readonly vqpn: u32,
    private readonly sendQueue: Ring,
    private readonly receiveQueue: Ring,
    private readonly options: QueuePairOptions,
  ) {}

  /** In state RESET; null when the back-end refuses. */
  static create(
    pd: ProtectionDomain,
    sendCq: CompletionQueue,
    receiveCq: CompletionQueue,
    options: QueuePairOptions,
  ): QueuePair | null {
    const send = new Ring(ringEntries(options.sendEntries), workRequestStride(SEND_WQE_SGES, options.maxSendSge));
    const receive = new Ring(
      ringEntries(options.receiveEntries),
      workRequestStride(RECV_WQE_SGES, options.maxReceiveSge),
    );
    begin();
    argument(QPT_RC);
    argument(pd.handle);
    argument(sendCq.handle);
    argument(receiveCq.handle);
    addRing(send);
    addRing(receive);
    argument(options.maxSendSge);
    argument(options.maxReceiveSge);
    argument(options.signalAll ? 1 : 0);
    return call(HC_CREATE_QP) === 0 ? new QueuePair(result(0), send, receive, options) : null;
  }

  destroy(): i32 {
    begin();
    argument(this.vqpn);
    return call(HC_DESTROY_QP);
  }

  /** RESET to INIT, granting the peer what ACCESS_* `access` says. Receives may be posted from here on. */
  initialize(access: u32 = ACCESS_REMOTE_WRITE | ACCESS_REMOTE_READ | ACCESS_REMOTE_ATOMIC): i32 {
    return this.modify(QP_STATE | QP_ACCESS_FLAGS | QP_PKEY_INDEX | QP_PORT, QPS_INIT, access, new ConnectOptions());
  }

  /** INIT to RTR to RTS, towards a peer. 0 or a negative errno. */
  connect(to: ConnectOptions): i32 {
    const toReceive = this.modify(
      QP_STATE | QP_AV | QP_PATH_MTU | QP_DEST_QPN | QP_RQ_PSN | QP_MAX_DEST_RD_ATOMIC | QP_MIN_RNR_TIMER,
      QPS_RTR,
      0,
      to,
    );
    if (toReceive !== 0) return toReceive;
    this.peer = to.vlid;
    const mask = QP_STATE | QP_TIMEOUT | QP_RETRY_CNT | QP_RNR_RETRY | QP_SQ_PSN | QP_MAX_QP_RD_ATOMIC;
    return this.modify(mask, QPS_RTS, 0, to);
  }

  private modify(mask: u32, state: u32, access: u32, to: ConnectOptions): i32 {
    begin();
    argument(this.vqpn);
    argument(mask);
    argument(state);
    argument(access);
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
    return call(HC_MODIFY_QP);
  }

  /** Work requests the send queue has room for. */
  get sendRoom(): u32 {
    return this.sendQueue.entries - (this.sendQueue.producer - this.sendQueue.consumer);
  }

  /** ibv_post_send of one work request: 0, -ENOMEM when the queue is full, -EINVAL for more than it was made for. */
  postSend(request: SendRequest): i32 {
    if (this.sendRoom === 0) return -ENOMEM;
    const queue = this.sendQueue;
    const producer = queue.producer;
    const wqe = queue.slot(producer);
    const inline = (request.flags & SEND_INLINE) !== 0;
    const status = inline ? this.writeInline(wqe, request) : this.writeElements(wqe, request);
    if (status !== 0) return status;
    store<u64>(wqe + WQE_ID, request.id);
    store<u32>(wqe + WQE_OPCODE, request.opcode);
    store<u32>(wqe + WQE_FLAGS, request.flags);
    store<u32>(wqe + SEND_WQE_IMM, request.immediate);
    if (isOneSided(request.opcode)) this.writeRemote(wqe, request);
    queue.producer = producer + 1;
    ringDoorbell(this.vqpn);
    return 0;
  }

  /** ibv_post_recv of one work request: as `postSend`. */
  postReceive(request: ReceiveRequest): i32 {
    const queue = this.receiveQueue;
    const producer = queue.producer;
    if (producer - queue.consumer >= queue.entries) return -ENOMEM;
    if (<u32>request.list.length > this.options.maxReceiveSge) return -EINVAL;
    const wqe = queue.slot(producer);
    store<u64>(wqe + WQE_ID, request.id);
    writeList(wqe, RECV_WQE_SGES, this.options.maxReceiveSge, request.list);
    queue.producer = producer + 1;
    return 0;
  }

  private writeElements(wqe: u32, request: SendRequest): i32 {
    if (<u32>request.list.length > this.options.maxSendSge) return -EINVAL;
    writeList(wqe, SEND_WQE_SGES, this.options.maxSendSge, request.list);
    return 0;
  }

  /** The data itself, in place of the elements. */
  private writeInline(wqe: u32, request: SendRequest): i32 {
    let at = wqe + SEND_WQE_SGES;
    const end = wqe + this.sendQueue.stride;
    for (let i = 0; i < request.list.length; i++) {
      const element = request.list[i];
      if (element.length > end - at) return -EINVAL;
      memory.copy(at, element.address, element.length);
      at += element.length;
    }
    store<u32>(wqe + WQE_SGE_COUNT, at - wqe - SEND_WQE_SGES);
    store<u32>(wqe + WQE_LOCAL_EPOCH, localKeysEpoch());
    return 0;
  }

  private writeRemote(wqe: u32, request: SendRequest): void {
    const ownerEpoch = atomic.load<u32>(this.sendQueue.record + QUEUE_REMOTE_EPOCH);
    const key = remoteKey(this.peer, request.remoteKey, ownerEpoch);
    store<u32>(wqe + SEND_WQE_REMOTE_EPOCH, key.epoch);
    store<u64>(wqe + SEND_WQE_REMOTE_ADDRESS, request.remoteAddress);
    store<u32>(wqe + SEND_WQE_V_RKEY, request.remoteKey);
    store<u32>(wqe + SEND_WQE_RKEY, key.rkey);
    store<u64>(wqe + SEND_WQE_COMPARE_ADD, request.compareAdd);
    store<u64>(wqe + SEND_WQE_SWAP, request.swap);
  }
}

function addRing(ring: Ring): void {
  argument(ring.record);
  argument(ring.ring);
  argument(ring.entries);
}

function isOneSided(opcode: u32): bool {
  return opcode !== WR_SEND && opcode !== WR_SEND_WITH_IMM;
}

/** Elements with the adapter's lkeys, then the v-lkeys they were translated from, and the epoch that was under. */
function writeList(wqe: u32, header: u32, maxSge: u32, list: ScatterGather[]): void {
  // The epoch is read first: keys that a move makes old meanwhile are then marked as such.
  const under = localKeysEpoch();
  const vkeys = wqe + header + maxSge * SGE_BYTES;
  for (let i = 0; i < list.length; i++) {
    const element = list[i];
    const at = wqe + header + i * SGE_BYTES;
    store<u64>(at + SGE_ADDRESS, element.address);
    store<u32>(at + SGE_LENGTH, element.length);
    store<u32>(at + SGE_LKEY, localKey(element.key));
    store<u32>(vkeys + (i << 2), element.key);
  }
  store<u32>(wqe + WQE_SGE_COUNT, list.length);
  store<u32>(wqe + WQE_LOCAL_EPOCH, under);
}
