import {
  CQ_ARM_ANY,
  CQE_BYTE_LEN,
  CQE_BYTES,
  CQE_FLAGS,
  CQE_ID,
  CQE_IMM,
  CQE_OPCODE,
  CQE_PKEY_INDEX,
  CQE_QP_NUM,
  CQE_SLID,
  CQE_SRC_QP,
  CQE_STATUS,
  QUEUE_ARM,
  QUEUE_CONSUMER,
  QUEUE_EVENTS,
  QUEUE_OVERRUN,
  WC_GRH,
  WC_WITH_IMM,
  WC_WITH_INV,
} from "@nomad/abi";
import type { DeviceMemory, RingLocation } from "../types.ts";
import { Indices } from "./indices.ts";

/** A completion, by the names of ibv_wc. */
export interface WorkCompletion {
  readonly id: bigint;
  /** WC_* status. */
  readonly status: number;
  /** WC_* opcode. */
  readonly opcode: number;
  readonly byteLen: number;
  /** Null when there is none. */
  readonly immediate: number | null;
  /** The key that the message invalidated, or null. */
  readonly invalidated: number | null;
  readonly qpNum: number;
  /** Datagrams: who sent it, with which of the port's partitions; the buffer begins with a global route header. */
  readonly srcQp: number;
  readonly slid: number;
  readonly pkeyIndex: number;
  readonly grh: boolean;
}

/** A completion queue, as a program polls it. */
export class PolledQueue {
  readonly location: RingLocation;
  readonly #indices: Indices;

  constructor(memory: DeviceMemory, location: RingLocation) {
    this.location = location;
    this.#indices = new Indices(memory, location, CQE_BYTES);
  }

  /** Takes the oldest completion, or null. */
  poll(): WorkCompletion | null {
    if (this.#indices.used === 0) return null;
    const consumer = this.#indices.load(QUEUE_CONSUMER);
    const at = this.#indices.slot(consumer);
    const { view } = this.#indices.memory;
    const flags = view.getUint32(at + CQE_FLAGS, true);
    const immediate = view.getUint32(at + CQE_IMM, true);
    const completion = {
      id: view.getBigUint64(at + CQE_ID, true),
      status: view.getUint32(at + CQE_STATUS, true),
      opcode: view.getUint32(at + CQE_OPCODE, true),
      byteLen: view.getUint32(at + CQE_BYTE_LEN, true),
      immediate: flags & WC_WITH_IMM ? immediate : null,
      invalidated: flags & WC_WITH_INV ? immediate : null,
      qpNum: view.getUint32(at + CQE_QP_NUM, true),
      srcQp: view.getUint32(at + CQE_SRC_QP, true),
      slid: view.getUint32(at + CQE_SLID, true),
      pkeyIndex: view.getUint32(at + CQE_PKEY_INDEX, true),
      grh: (flags & WC_GRH) !== 0,
    };
    this.#indices.store(QUEUE_CONSUMER, consumer + 1);
    return completion;
  }

  /** Takes all that there are. */
  drain(): WorkCompletion[] {
    const all: WorkCompletion[] = [];
    for (let next = this.poll(); next !== null; next = this.poll()) all.push(next);
    return all;
  }

  /** Asks for one completion event; `kind` is CQ_ARM_*. What was asked for before is never narrowed (ibv_req_notify_cq). */
  arm(kind: number): void {
    if (this.#indices.load(QUEUE_ARM) !== CQ_ARM_ANY) this.#indices.store(QUEUE_ARM, kind);
  }

  /** Completion events so far. */
  get events(): number {
    return this.#indices.load(QUEUE_EVENTS);
  }

  get overrun(): boolean {
    return this.#indices.load(QUEUE_OVERRUN) !== 0;
  }
}
