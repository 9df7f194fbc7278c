import {
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  HC_CREATE_QP,
  HC_MODIFY_QP,
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
  RECV_WQE_SGES,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_SGES,
  SEND_WQE_V_AH,
  SEND_WQE_V_REMOTE_QPN,
  SEND_WQE_V_RKEY,
  SGE_BYTES,
} from "@nomad/abi";
import type { LKey, VQpn } from "@nomad/base";
import { type QpType, recvStride, sendStride } from "@nomad/hca";
import { RecvQueue, SendQueue, type SendWr } from "@nomad/hca/queues";
import { type Guest, ringWords } from "./guest.ts";

export const QKEY = 0x1234;
const MAX_SGE = 2;
const ACCESS_ALL = ACCESS_REMOTE_WRITE | ACCESS_REMOTE_READ | ACCESS_REMOTE_ATOMIC;

/** Bytes of a region, by its v-key. */
export interface Buffer {
  readonly address: number;
  readonly length: number;
  readonly key: number;
}

/** A send work request whose names are those of programs. */
export interface Post extends Omit<SendWr, "sges" | "rkey" | "ud"> {
  /** The data, or what a window is bound to. */
  readonly from?: Buffer;
  readonly rkey?: number;
  readonly to?: { readonly ah: number; readonly vqpn: number };
}

/** A guest's queue pair. Work requests are posted untranslated: the back-end finds every name. */
export class TestQueuePair {
  readonly guest: Guest;
  readonly vqpn: VQpn;
  readonly type: QpType;
  readonly #sq;
  readonly #rq;

  constructor(guest: Guest, type: QpType, srq = 0, cq = guest.cq) {
    this.guest = guest;
    this.type = type;
    this.#sq = guest.location(sendStride(MAX_SGE));
    this.#rq = guest.location(recvStride(MAX_SGE));
    const rings = [...ringWords(this.#sq), ...ringWords(this.#rq)];
    const words = [type, guest.pd, cq, cq, ...rings, MAX_SGE, MAX_SGE, 1, srq];
    this.vqpn = guest.must(HC_CREATE_QP, ...words) as VQpn;
  }

  /** To INIT. */
  initialize(): this {
    if (this.type === QPT_UD) this.#modify(QP_STATE | QP_QKEY, QPS_INIT);
    else this.#modify(QP_STATE | QP_ACCESS_FLAGS, QPS_INIT);
    return this;
  }

  /** From INIT to RTS; datagrams need no peer. */
  connect(peer?: TestQueuePair): this {
    const rtr = QP_STATE | QP_AV | QP_DEST_QPN | QP_PATH_MTU | QP_RQ_PSN;
    const reliable = this.type === QPT_RC;
    const [toRtr, toRts] = reliable
      ? [QP_MAX_DEST_RD_ATOMIC | QP_MIN_RNR_TIMER, QP_TIMEOUT | QP_RETRY_CNT | QP_RNR_RETRY | QP_MAX_QP_RD_ATOMIC]
      : [0, 0];
    this.#modify(this.type === QPT_UD ? QP_STATE : rtr | toRtr, QPS_RTR, peer);
    this.#modify(QP_STATE | QP_SQ_PSN | toRts, QPS_RTS, peer);
    return this;
  }

  #modify(mask: number, state: number, peer?: TestQueuePair): void {
    const { guest } = this;
    const connection = [3, 14, 7, 7, 0, 0, 4, 4, 1];
    const to = [peer?.vqpn ?? 0, peer?.guest.vlid ?? 0];
    const access = this.type === QPT_RC ? ACCESS_ALL : ACCESS_REMOTE_WRITE;
    guest.must(HC_MODIFY_QP, this.vqpn, mask, state, access, ...connection, ...to, QKEY);
  }

  receive(id: bigint, into: Buffer): void {
    const { memory } = this.guest;
    const at = new RecvQueue(memory, this.#rq, MAX_SGE, 0).post({ id, sges: [sge(into)] });
    memory.view.setUint32(at + RECV_WQE_SGES + MAX_SGE * SGE_BYTES, into.key, true);
  }

  send({ from, rkey = 0, to, ...wr }: Post): void {
    const { memory, host, vlid, lab } = this.guest;
    const ud = to && { ah: 0, qpn: 0, qkey: QKEY, remoteEpoch: 0 };
    const posted = { ...wr, sges: from ? [sge(from)] : [], ...(ud && { ud }) };
    const at = new SendQueue(memory, this.#sq, MAX_SGE, 0).post(posted);
    const { view } = memory;
    if (from) view.setUint32(at + SEND_WQE_SGES + MAX_SGE * SGE_BYTES, from.key, true);
    if (to) view.setUint32(at + SEND_WQE_V_AH, to.ah, true);
    if (to) view.setUint32(at + SEND_WQE_V_REMOTE_QPN, to.vqpn, true);
    else view.setUint32(at + SEND_WQE_V_RKEY, rkey, true);
    view.setUint32(at + SEND_WQE_REMOTE_EPOCH, 0, true);
    const qp = host.device(vlid).qps.get(this.vqpn);
    if (qp) host.hca.doorbell(qp.qpn);
    lab.settle();
  }
}

const sge = ({ address, length }: Buffer) => ({ address, length, lkey: 0 as LKey });
