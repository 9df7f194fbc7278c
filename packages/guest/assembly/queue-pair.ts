import { EINVAL, ENOMEM, HC_CREATE_QP, HC_DESTROY_QP, HC_QUERY_QP } from "../../abi/src/hypercall.ts";
import {
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  QP_ACCESS_FLAGS,
  QP_AV,
  QP_DEST_QPN,
  QP_MAX_DEST_RD_ATOMIC,
  QP_MAX_QP_RD_ATOMIC,
  QP_MIN_RNR_TIMER,
  QP_PATH_MTU,
  QP_QKEY,
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
  QPT_UD,
  SEND_INLINE,
  WR_BIND_MW,
  WR_LOCAL_INV,
  WR_SEND,
  WR_SEND_WITH_IMM,
} from "../../abi/src/verbs.ts";
import {
  QUEUE_REMOTE_EPOCH,
  RECV_WQE_SGES,
  SEND_WQE_BIND_ACCESS,
  SEND_WQE_BIND_TYPE,
  SEND_WQE_COMPARE_ADD,
  SEND_WQE_IMM,
  SEND_WQE_REMOTE_ADDRESS,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_REMOTE_QKEY,
  SEND_WQE_RKEY,
  SEND_WQE_SGES,
  SEND_WQE_SWAP,
  SEND_WQE_V_RKEY,
  WQE_FLAGS,
  WQE_ID,
  WQE_LOCAL_EPOCH,
  WQE_OPCODE,
} from "../../abi/src/work.ts";
import { CompletionQueue } from "./completion-queue.ts";
import { ringDoorbell } from "./doorbell.ts";
import { RemoteKey, remoteKey } from "./driver.ts";
import { argument, begin, call, result } from "./hypercall.ts";
import { ProtectionDomain } from "./protection-domain.ts";
import { ConnectOptions, QueuePairChange, QueuePairOptions } from "./qp-attributes.ts";
import { addRing, Ring, ringEntries, workRequestStride } from "./ring.ts";
import { putReceive, writeInline, writeList } from "./work-queue.ts";
import { ReceiveRequest, SendRequest } from "./work-request.ts";

const RELIABLE_TO_RTR: u32 = QP_MAX_DEST_RD_ATOMIC | QP_MIN_RNR_TIMER;
const RELIABLE_TO_RTS: u32 = QP_TIMEOUT | QP_RETRY_CNT | QP_RNR_RETRY | QP_MAX_QP_RD_ATOMIC;

/** ibv_qp of type RC, UC or UD. */
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
    const shared = options.sharedReceiveQueue;
    const receive = new Ring(
      shared === null ? ringEntries(options.receiveEntries) : 1,
      workRequestStride(RECV_WQE_SGES, options.maxReceiveSge),
    );
    begin();
    argument(options.type);
    argument(pd.handle);
    argument(sendCq.handle);
    argument(receiveCq.handle);
    addRing(send);
    addRing(receive);
    argument(options.maxSendSge);
    argument(options.maxReceiveSge);
    argument(options.signalAll ? 1 : 0);
    argument(shared === null ? 0 : shared.handle);
    return call(HC_CREATE_QP) === 0 ? new QueuePair(result(0), send, receive, options) : null;
  }

  destroy(): i32 {
    begin();
    argument(this.vqpn);
    return call(HC_DESTROY_QP);
  }

  /** RESET to INIT, granting the peer what ACCESS_* `access` says. Receives may be posted from here on. */
  initialize(access: u32 = ACCESS_REMOTE_WRITE | ACCESS_REMOTE_READ | ACCESS_REMOTE_ATOMIC): i32 {
    const change = new QueuePairChange(QP_STATE | QP_ACCESS_FLAGS);
    change.state = QPS_INIT;
    // An unreliable connection takes WRITEs only.
    change.access = this.options.type === QPT_RC ? access : access & ACCESS_REMOTE_WRITE;
    return change.apply(this.vqpn);
  }

  /** INIT to RTR to RTS, towards a peer. 0 or a negative errno. */
  connect(to: ConnectOptions): i32 {
    const reliable = this.options.type === QPT_RC;
    const receive = new QueuePairChange(QP_STATE | QP_AV | QP_PATH_MTU | QP_DEST_QPN | QP_RQ_PSN);
    if (reliable) receive.mask |= RELIABLE_TO_RTR;
    receive.state = QPS_RTR;
    receive.connection = to;
    const status = receive.apply(this.vqpn);
    if (status !== 0) return status;
    this.peer = to.vlid;
    const send = new QueuePairChange(QP_STATE | QP_SQ_PSN);
    if (reliable) send.mask |= RELIABLE_TO_RTS;
    send.state = QPS_RTS;
    send.connection = to;
    return send.apply(this.vqpn);
  }

  /** UD: RESET to RTS, for datagrams with this Q_Key. Receives may be posted before; 0 or a negative errno. */
  openDatagrams(qkey: u32): i32 {
    const init = new QueuePairChange(QP_STATE | QP_QKEY);
    init.state = QPS_INIT;
    init.qkey = qkey;
    const status = init.apply(this.vqpn) || this.toState(QPS_RTR);
    if (status !== 0) return status;
    const send = new QueuePairChange(QP_STATE | QP_SQ_PSN);
    send.state = QPS_RTS;
    return send.apply(this.vqpn);
  }

  /** To a state that needs no attributes. */
  toState(state: u32): i32 {
    const change = new QueuePairChange(QP_STATE);
    change.state = state;
    return change.apply(this.vqpn);
  }

  /** QPS_*, or a negative errno. */
  get state(): i32 {
    begin();
    argument(this.vqpn);
    const status = call(HC_QUERY_QP);
    return status === 0 ? <i32>result(0) : status;
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
    if (this.options.type === QPT_UD && request.addressHandle === null) return -EINVAL;
    const inline = (request.flags & SEND_INLINE) !== 0;
    const end = wqe + queue.stride;
    const status = inline ? writeInline(wqe, wqe + SEND_WQE_SGES, end, request.list) : this.writeElements(wqe, request);
    if (status !== 0) return status;
    store<u64>(wqe + WQE_ID, request.id);
    store<u32>(wqe + WQE_OPCODE, request.opcode);
    store<u32>(wqe + WQE_FLAGS, request.flags);
    store<u32>(wqe + SEND_WQE_IMM, request.immediate);
    if (this.options.type === QPT_UD) writeTarget(wqe, request);
    else if (isOfWindow(request.opcode)) writeWindow(wqe, request);
    else if (namesPeersKey(request.opcode)) this.writeRemote(wqe, request);
    queue.producer = producer + 1;
    ringDoorbell(this.vqpn);
    return 0;
  }

  /** ibv_post_recv of one work request: as `postSend`. To a shared queue, where there is one. */
  postReceive(request: ReceiveRequest): i32 {
    const shared = this.options.sharedReceiveQueue;
    if (shared !== null) return shared.postReceive(request);
    return putReceive(this.receiveQueue, this.options.maxReceiveSge, request);
  }

  /** What is behind a key of the connected peer's just now. */
  peersKey(vkey: u32): RemoteKey {
    return remoteKey(this.peer, vkey, atomic.load<u32>(this.sendQueue.record + QUEUE_REMOTE_EPOCH));
  }

  private writeElements(wqe: u32, request: SendRequest): i32 {
    if (<u32>request.list.length > this.options.maxSendSge) return -EINVAL;
    writeList(wqe, SEND_WQE_SGES, this.options.maxSendSge, request.list);
    return 0;
  }

  private writeRemote(wqe: u32, request: SendRequest): void {
    const key = this.peersKey(request.remoteKey);
    store<u32>(wqe + SEND_WQE_REMOTE_EPOCH, key.epoch);
    store<u64>(wqe + SEND_WQE_REMOTE_ADDRESS, request.remoteAddress);
    store<u32>(wqe + SEND_WQE_V_RKEY, request.remoteKey);
    store<u32>(wqe + SEND_WQE_RKEY, key.rkey);
    store<u64>(wqe + SEND_WQE_COMPARE_ADD, request.compareAdd);
    store<u64>(wqe + SEND_WQE_SWAP, request.swap);
  }
}

function namesPeersKey(opcode: u32): bool {
  return opcode !== WR_SEND && opcode !== WR_SEND_WITH_IMM;
}

function isOfWindow(opcode: u32): bool {
  return opcode === WR_BIND_MW || opcode === WR_LOCAL_INV;
}

/** The host knows which key of the adapter's is meant: the request says that it was not translated. */
function writeWindow(wqe: u32, request: SendRequest): void {
  store<u32>(wqe + SEND_WQE_V_RKEY, request.remoteKey);
  store<u32>(wqe + SEND_WQE_BIND_ACCESS, request.bindAccess);
  store<u32>(wqe + SEND_WQE_BIND_TYPE, request.bindType);
  store<u32>(wqe + WQE_LOCAL_EPOCH, 0);
}

function writeTarget(wqe: u32, request: SendRequest): void {
  store<u32>(wqe + SEND_WQE_REMOTE_QKEY, request.remoteQkey);
  const handle = request.addressHandle;
  if (handle !== null) handle.address(wqe, request.remoteQpn);
}
