import {
  ACCESS_LOCAL_WRITE,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  HC_ALLOC_PD,
  HC_CREATE_CQ,
  HC_CREATE_QP,
  HC_MODIFY_QP,
  HC_REG_MR,
  MTU_256,
  QP_ACCESS_FLAGS,
  QP_AV,
  QP_DEST_QPN,
  QP_MAX_DEST_RD_ATOMIC,
  QP_MAX_QP_RD_ATOMIC,
  QP_MIN_RNR_TIMER,
  QP_PATH_MTU,
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
  RECV_WQE_SGES,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_SGES,
  SEND_WQE_V_RKEY,
  SGE_BYTES,
  VMM_EPOCH,
  VMM_VLID,
} from "@nomad/abi";
import type { LKey } from "@nomad/base";
import {
  completionQueueBytes,
  locationAt,
  PolledQueue,
  RecvQueue,
  recvQueueBytes,
  SendQueue,
  type SendWr,
  sendQueueBytes,
} from "@nomad/hca/testing";
import type { Driver } from "./driver.ts";
import type { Machine } from "./guest.ts";

const entries = 16;
const cqEntries = 64;
const pageBytes = 4096;

/** Memory that the queues of a connection take; its data follows. */
export const queuesBytes =
  Math.ceil((completionQueueBytes(cqEntries) + sendQueueBytes(entries, 1) + recvQueueBytes(entries, 1)) / pageBytes) *
  pageBytes;
const connectedMask =
  QP_STATE | QP_AV | QP_PATH_MTU | QP_DEST_QPN | QP_RQ_PSN | QP_MAX_DEST_RD_ATOMIC | QP_MIN_RNR_TIMER;
const readyMask = QP_STATE | QP_TIMEOUT | QP_RETRY_CNT | QP_RNR_RETRY | QP_SQ_PSN | QP_MAX_QP_RD_ATOMIC;
const access = ACCESS_LOCAL_WRITE | ACCESS_REMOTE_WRITE | ACCESS_REMOTE_READ | ACCESS_REMOTE_ATOMIC;

/** What the other end must know to connect and to write. */
export interface EndAddress {
  readonly vlid: number;
  readonly vqpn: number;
  readonly vkey: number;
  /** Where its data starts. */
  readonly data: number;
}

/** One end of a reliable connection between simulated guests: a queue pair, and a region over its data. */
export class Connection {
  readonly driver: Driver;
  readonly sq: SendQueue;
  readonly rq: RecvQueue;
  readonly cq: PolledQueue;
  /** Where the connection's data starts. */
  readonly data: number;
  readonly #dataBytes: number;
  readonly #machine: Machine;
  #vqpn = 0;
  #vkey = 0;
  #lkey = 0 as LKey;
  #peer: EndAddress = { vlid: 0, vqpn: 0, vkey: 0, data: 0 };

  /** `at`: where in memory it has its queues, and behind them its data. */
  constructor(machine: Machine, driver: Driver, at: number, dataBytes: number) {
    this.#machine = machine;
    this.driver = driver;
    this.#dataBytes = dataBytes;
    const cqAt = at;
    const sqAt = cqAt + completionQueueBytes(cqEntries);
    const rqAt = sqAt + sendQueueBytes(entries, 1);
    this.data = at + queuesBytes;
    this.cq = new PolledQueue(machine.memory, locationAt(cqAt, cqEntries));
    this.sq = new SendQueue(machine.memory, locationAt(sqAt, entries), 1, 0);
    this.rq = new RecvQueue(machine.memory, locationAt(rqAt, entries), 1, 0);
  }

  /** The number that the program was given. */
  get vqpn(): number {
    return this.#vqpn;
  }

  get peer(): EndAddress {
    return this.#peer;
  }

  /** Make it, and say under `own` how it can be reached. */
  *open(own: string): Generator<undefined, void> {
    const { driver } = this;
    const [pd = 0] = yield* driver.must(HC_ALLOC_PD);
    const [vkey = 0, lkey = 0] = yield* driver.must(HC_REG_MR, pd, this.data, this.#dataBytes, access);
    // The epoch of now, for ever: after a move the adapter hands each work request back to be translated anew.
    const epoch = this.#machine.memory.view.getUint32(VMM_EPOCH, true);
    this.sq.localEpoch = this.rq.localEpoch = epoch;
    const [cq = 0] = yield* driver.must(HC_CREATE_CQ, this.cq.location.record, this.cq.location.ring, cqEntries);
    const [sq, rq] = [this.sq.location, this.rq.location];
    const queues = [sq.record, sq.ring, entries, rq.record, rq.ring, entries, 1, 1, 1];
    const [vqpn = 0] = yield* driver.must(HC_CREATE_QP, QPT_RC, pd, cq, cq, ...queues);
    [this.#vqpn, this.#vkey, this.#lkey] = [vqpn, vkey, lkey as LKey];
    const initMask = QP_STATE | QP_ACCESS_FLAGS;
    yield* driver.must(HC_MODIFY_QP, vqpn, initMask, QPS_INIT, access);
    const address: EndAddress = {
      vlid: this.#machine.memory.view.getUint32(VMM_VLID, true),
      vqpn,
      vkey,
      data: this.data,
    };
    yield* driver.publish(own, JSON.stringify(address));
  }

  /** Connect with the end of this name; both can receive when it returns. */
  *connect(own: string, other: string): Generator<number | undefined, void> {
    yield* this.ready(own, other);
    yield* this.met(other);
  }

  /** Our half of it: can receive when it returns, and may post when the other can, too. */
  *ready(own: string, other: string): Generator<number | undefined, void> {
    this.#peer = JSON.parse(yield* this.driver.lookup(other)) as EndAddress;
    const { vqpn, vlid } = this.#peer;
    // Time-outs of 17 ms, seven retries: a host that is gone is noticed within 140 ms.
    const common = [MTU_256, 12, 7, 7, 100, 100, 4, 4, 1, vqpn, vlid];
    yield* this.driver.must(HC_MODIFY_QP, this.#vqpn, connectedMask, QPS_RTR, access, ...common);
    yield* this.driver.must(HC_MODIFY_QP, this.#vqpn, readyMask, QPS_RTS, access, ...common);
    yield* this.driver.publish(`${own} can receive`, "");
  }

  /** Wait until the other end can receive. */
  *met(other: string): Generator<number | undefined, void> {
    yield* this.driver.lookup(`${other} can receive`);
  }

  get room(): number {
    return entries - this.sq.used;
  }

  /** Post a send work request of one element, named as the program knows keys, and ring. `remote`: offset into the peer's data. */
  post(wr: Omit<SendWr, "sges" | "rkey" | "remoteAddress">, from: number, length: number, remote = 0): void {
    const sge = { address: from, length, lkey: this.#lkey };
    const at = this.sq.post({ ...wr, sges: [sge], remoteAddress: this.#peer.data + remote });
    const { view } = this.#machine.memory;
    view.setUint32(at + SEND_WQE_SGES + SGE_BYTES, this.#vkey, true);
    view.setUint32(at + SEND_WQE_V_RKEY, this.#peer.vkey, true);
    view.setUint32(at + SEND_WQE_REMOTE_EPOCH, 0, true);
    this.driver.ring(this.#vqpn);
  }

  postRecv(id: bigint, at: number, length: number): void {
    const wqe = this.rq.post({ id, sges: [{ address: at, length, lkey: this.#lkey }] });
    this.#machine.memory.view.setUint32(wqe + RECV_WQE_SGES + SGE_BYTES, this.#vkey, true);
  }
}
