import {
  ACCESS_LOCAL_WRITE,
  AH_RECORD_BYTES,
  GRH_BYTES,
  HC_ALLOC_PD,
  HC_ATTACH_MCAST,
  HC_CREATE_AH,
  HC_CREATE_CQ,
  HC_CREATE_QP,
  HC_MODIFY_QP,
  HC_REG_MR,
  MTU_1024,
  QP_ACCESS_FLAGS,
  QP_AV,
  QP_DEST_QPN,
  QP_PATH_MTU,
  QP_QKEY,
  QP_RQ_PSN,
  QP_SQ_PSN,
  QP_STATE,
  QPS_INIT,
  QPS_RTR,
  QPS_RTS,
  type QPT_UC,
  QPT_UD,
  RECV_WQE_SGES,
  SEND_SIGNALED,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_SGES,
  SEND_WQE_V_AH,
  SEND_WQE_V_REMOTE_QPN,
  SGE_BYTES,
  VMM_VLID,
  WC_RECV,
  WC_SUCCESS,
  WR_SEND,
} from "@nomad/abi";
import type { LKey } from "@nomad/base";
import {
  completionQueueBytes,
  locationAt,
  PolledQueue,
  RecvQueue,
  recvQueueBytes,
  SendQueue,
  sendQueueBytes,
} from "@nomad/hca/testing";
import { Driver } from "../../driver.ts";
import type { Machine, Program } from "../../guest.ts";
import { areaAt } from "../../programs/layout.ts";

// Guests that send numbered messages to another one, or to a group, over a transport that loses what is in the way.

const QKEY = 0x1234;
const MLID = 0xc001;
const mgid = Uint8Array.of(0xff, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const entries = 16;
const cqEntries = 64;
const slotBytes = 4352;

export interface Unreliable {
  readonly own: string;
  readonly type: typeof QPT_UD | typeof QPT_UC;
  /** The other end of the connection, or who datagrams go to; `group`: all that are in the group, as this one is. */
  readonly peer: string | "group" | null;
  readonly sends: boolean;
  /** Of each message; a datagram is of one packet. */
  readonly bytes: number;
  readonly onSent?: (number: number) => void;
  /** `whole`: every byte is of this message. */
  readonly onReceived?: (number: number, whole: boolean) => void;
}

interface Names {
  readonly vlid: number;
  readonly vqpn: number;
}

class End {
  readonly #machine: Machine;
  readonly #driver: Driver;
  readonly #o: Unreliable;
  readonly #cq: PolledQueue;
  readonly #sq: SendQueue;
  readonly #rq: RecvQueue;
  readonly #ahRecord: number;
  readonly #data: number;
  #vqpn = 0;
  #vkey = 0;
  #ah = 0;
  #target: Names = { vlid: 0, vqpn: 0 };
  #sent = 0;

  constructor(machine: Machine, o: Unreliable) {
    this.#machine = machine;
    this.#driver = new Driver(machine);
    this.#o = o;
    const cqAt = areaAt(0);
    const sqAt = cqAt + completionQueueBytes(cqEntries);
    const rqAt = sqAt + sendQueueBytes(entries, 1);
    this.#cq = new PolledQueue(machine.memory, locationAt(cqAt, cqEntries));
    this.#sq = new SendQueue(machine.memory, locationAt(sqAt, entries), 1, 0);
    this.#rq = new RecvQueue(machine.memory, locationAt(rqAt, entries), 1, 0);
    const end = rqAt + recvQueueBytes(entries, 1);
    this.#ahRecord = Math.ceil(end / AH_RECORD_BYTES) * AH_RECORD_BYTES;
    this.#data = this.#ahRecord + AH_RECORD_BYTES;
  }

  *open(): Generator<number | undefined, void> {
    const { own, type, peer } = this.#o;
    const driver = this.#driver;
    const [pd = 0] = yield* driver.must(HC_ALLOC_PD);
    const memory = [pd, this.#data, (entries + 1) * slotBytes, ACCESS_LOCAL_WRITE];
    [this.#vkey = 0] = yield* driver.must(HC_REG_MR, ...memory);
    const [cq = 0] = yield* driver.must(HC_CREATE_CQ, this.#cq.location.record, this.#cq.location.ring, cqEntries);
    const [sq, rq] = [this.#sq.location, this.#rq.location];
    const queues = [sq.record, sq.ring, entries, rq.record, rq.ring, entries, 1, 1, 1];
    [this.#vqpn = 0] = yield* driver.must(HC_CREATE_QP, type, pd, cq, cq, ...queues);
    yield* this.#modify(QP_STATE | (type === QPT_UD ? QP_QKEY : QP_ACCESS_FLAGS), QPS_INIT);
    for (let slot = 0; slot < entries; slot++) this.#receive(slot);
    yield* driver.publish(
      own,
      JSON.stringify({ vlid: this.#machine.memory.view.getUint32(VMM_VLID, true), vqpn: this.#vqpn }),
    );
    if (peer === "group") yield* driver.call(HC_ATTACH_MCAST, [this.#vqpn, MLID], mgid);
    else if (peer !== null) this.#target = JSON.parse(yield* driver.lookup(peer)) as Names;
    const connected = QP_AV | QP_DEST_QPN | QP_PATH_MTU | QP_RQ_PSN;
    yield* this.#modify(QP_STATE | (type === QPT_UD ? 0 : connected), QPS_RTR);
    yield* this.#modify(QP_STATE | QP_SQ_PSN, QPS_RTS);
    if (type === QPT_UD && peer !== null) yield* this.#makeHandle(pd, peer === "group");
    yield* driver.publish(`${own} can receive`, "");
    if (peer !== null && peer !== "group") yield* driver.lookup(`${peer} can receive`);
  }

  *#makeHandle(pd: number, group: boolean): Generator<number | undefined, void> {
    const words = [pd, this.#ahRecord, group ? MLID : this.#target.vlid, 0, group ? 1 : 0];
    const { words: answer } = yield* this.#driver.call(HC_CREATE_AH, words, group ? mgid : new Uint8Array());
    [this.#ah = 0] = answer;
  }

  *#modify(mask: number, state: number): Generator<number | undefined, void> {
    const { vqpn, vlid } = this.#target;
    const connection = [ACCESS_LOCAL_WRITE, MTU_1024, 0, 0, 0, 0, 0, 0, 0, 0, vqpn, vlid, QKEY];
    yield* this.#driver.must(HC_MODIFY_QP, this.#vqpn, mask, state, ...connection);
  }

  #receive(slot: number): void {
    const sge = { address: this.#data + slot * slotBytes, length: slotBytes, lkey: 0 as LKey };
    const at = this.#rq.post({ id: BigInt(slot), sges: [sge] });
    this.#machine.memory.view.setUint32(at + RECV_WQE_SGES + SGE_BYTES, this.#vkey, true);
  }

  poll(): void {
    for (const { id, status, opcode, byteLen } of this.#cq.drain()) {
      if (status !== WC_SUCCESS || opcode !== WC_RECV) continue;
      const header = this.#o.type === QPT_UD ? GRH_BYTES : 0;
      const at = this.#data + Number(id) * slotBytes;
      const { view, bytes } = this.#machine.memory;
      const number = view.getUint32(at + header, true);
      const payload = bytes.subarray(at + header + 4, at + byteLen);
      const whole = byteLen === header + this.#o.bytes && payload.every((byte) => byte === (number & 0xff));
      this.#o.onReceived?.(number, whole);
      this.#receive(Number(id));
    }
  }

  /** One message, if there is room: its slot is overwritten when it has gone. */
  send(): void {
    if (this.#sq.used > 0) return;
    const { type, bytes, onSent } = this.#o;
    const { memory } = this.#machine;
    const from = this.#data + entries * slotBytes;
    const number = this.#sent++;
    memory.bytes.fill(number & 0xff, from, from + bytes);
    memory.view.setUint32(from, number, true);
    const ud = type === QPT_UD ? { ud: { ah: 0, qpn: 0, qkey: QKEY, remoteEpoch: 0 } } : {};
    const wr = { id: 0n, flags: SEND_SIGNALED, opcode: WR_SEND, ...ud };
    const at = this.#sq.post({ ...wr, sges: [{ address: from, length: bytes, lkey: 0 as LKey }] });
    memory.view.setUint32(at + SEND_WQE_SGES + SGE_BYTES, this.#vkey, true);
    if (type === QPT_UD) {
      memory.view.setUint32(at + SEND_WQE_V_AH, this.#ah, true);
      memory.view.setUint32(at + SEND_WQE_V_REMOTE_QPN, this.#target.vqpn, true);
    }
    memory.view.setUint32(at + SEND_WQE_REMOTE_EPOCH, 0, true);
    this.#driver.ring(this.#vqpn);
    onSent?.(number);
  }
}

/** Runs until it is asked to end. */
export function unreliable(o: Unreliable): Program {
  return function* (machine) {
    const end = new End(machine, o);
    yield* end.open();
    while (!machine.shutdown) {
      end.poll();
      if (o.sends) end.send();
      yield 0.1;
    }
    return 0;
  };
}
