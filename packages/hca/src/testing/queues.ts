import {
  CQE_BYTE_LEN,
  CQE_BYTES,
  CQE_FLAGS,
  CQE_ID,
  CQE_IMM,
  CQE_OPCODE,
  CQE_QP_NUM,
  CQE_STATUS,
  QUEUE_ARM,
  QUEUE_CONSUMER,
  QUEUE_EVENTS,
  QUEUE_OVERRUN,
  QUEUE_PRODUCER,
  QUEUE_RECORD_BYTES,
  QUEUE_REMOTE_EPOCH,
  RECV_WQE_SGES,
  SEND_INLINE,
  SEND_WQE_COMPARE_ADD,
  SEND_WQE_IMM,
  SEND_WQE_REMOTE_ADDRESS,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_RKEY,
  SEND_WQE_SGES,
  SEND_WQE_SWAP,
  SGE_ADDRESS,
  SGE_BYTES,
  SGE_LENGTH,
  SGE_LKEY,
  WC_WITH_IMM,
  WQE_FLAGS,
  WQE_ID,
  WQE_LOCAL_EPOCH,
  WQE_OPCODE,
  WQE_SGE_COUNT,
} from "@nomad/abi";
import { assert, type LKey, type RKey } from "@nomad/base";
import { recvStride, sendStride } from "../ring.ts";
import type { DeviceMemory, RingLocation } from "../types.ts";

// The program's side of work and completion queues: posting and polling, as abi/work.ts lays them out.

/** Scatter-gather element. */
export interface Sge {
  readonly address: number;
  readonly length: number;
  readonly lkey: LKey;
}

/** A send work request, by the names of ibv_send_wr. */
export interface SendWr {
  readonly id: bigint;
  /** WR_* */
  readonly opcode: number;
  /** SEND_* flags; SEND_INLINE is set by `inline`. */
  readonly flags?: number;
  readonly sges?: readonly Sge[];
  /** Data that is copied into the work request in place of elements. */
  readonly inline?: Uint8Array;
  readonly immediate?: number;
  readonly remoteAddress?: number;
  readonly rkey?: RKey;
  readonly compareAdd?: bigint;
  readonly swap?: bigint;
}

export interface RecvWr {
  readonly id: bigint;
  readonly sges?: readonly Sge[];
}

/** A completion, by the names of ibv_wc. */
export interface WorkCompletion {
  readonly id: bigint;
  /** WC_* status. */
  readonly status: number;
  readonly opcode: number;
  readonly byteLen: number;
  /** Null when there is none. */
  readonly immediate: number | null;
  readonly qpNum: number;
}

/** Indices of one queue: where its next entry is, and how many are outstanding. */
class Indices {
  readonly memory: DeviceMemory;
  readonly location: RingLocation;
  readonly #stride: number;

  constructor(memory: DeviceMemory, location: RingLocation, stride: number) {
    this.memory = memory;
    this.location = location;
    this.#stride = stride;
  }

  load(field: number): number {
    return Atomics.load(this.memory.words, (this.location.record + field) >>> 2) >>> 0;
  }

  store(field: number, value: number): void {
    Atomics.store(this.memory.words, (this.location.record + field) >>> 2, value | 0);
  }

  get used(): number {
    return (this.load(QUEUE_PRODUCER) - this.load(QUEUE_CONSUMER)) >>> 0;
  }

  slot(index: number): number {
    return this.location.ring + (index % this.location.entries) * this.#stride;
  }

  /** Where to write the next entry; `publish` it afterwards. */
  open(): number {
    assert(this.used < this.location.entries, "a program posts no more work requests than the queue has room for");
    return this.slot(this.load(QUEUE_PRODUCER));
  }

  publish(): void {
    this.store(QUEUE_PRODUCER, this.load(QUEUE_PRODUCER) + 1);
  }
}

/** Bytes of memory that a send queue takes: its record, then its ring. */
export function sendQueueBytes(entries: number, maxSge: number): number {
  return QUEUE_RECORD_BYTES + entries * sendStride(maxSge);
}

export function recvQueueBytes(entries: number, maxSge: number): number {
  return QUEUE_RECORD_BYTES + entries * recvStride(maxSge);
}

export function completionQueueBytes(entries: number): number {
  return QUEUE_RECORD_BYTES + entries * CQE_BYTES;
}

/** Where a queue lies whose memory starts at `at`. */
export function locationAt(at: number, entries: number): RingLocation {
  return { record: at, ring: at + QUEUE_RECORD_BYTES, entries };
}

export class SendQueue {
  readonly location: RingLocation;
  /** The epoch under which its local keys are valid. */
  localEpoch: number;
  readonly #indices: Indices;

  constructor(memory: DeviceMemory, location: RingLocation, maxSge: number, localEpoch: number) {
    this.location = location;
    this.localEpoch = localEpoch;
    this.#indices = new Indices(memory, location, sendStride(maxSge));
  }

  /** Work requests posted and not executed. */
  get used(): number {
    return this.#indices.used;
  }

  /** Posts one; ring the doorbell afterwards. Returns where it stands. */
  post(wr: SendWr): number {
    const at = this.#indices.open();
    const { view, bytes } = this.#indices.memory;
    view.setBigUint64(at + WQE_ID, wr.id, true);
    view.setUint32(at + WQE_OPCODE, wr.opcode, true);
    view.setUint32(at + WQE_FLAGS, (wr.flags ?? 0) | (wr.inline ? SEND_INLINE : 0), true);
    view.setUint32(at + WQE_SGE_COUNT, wr.inline?.length ?? wr.sges?.length ?? 0, true);
    view.setUint32(at + WQE_LOCAL_EPOCH, this.localEpoch, true);
    view.setUint32(at + SEND_WQE_IMM, wr.immediate ?? 0, true);
    view.setUint32(at + SEND_WQE_REMOTE_EPOCH, this.#indices.load(QUEUE_REMOTE_EPOCH), true);
    view.setBigUint64(at + SEND_WQE_REMOTE_ADDRESS, BigInt(wr.remoteAddress ?? 0), true);
    view.setUint32(at + SEND_WQE_RKEY, wr.rkey ?? 0, true);
    view.setBigUint64(at + SEND_WQE_COMPARE_ADD, wr.compareAdd ?? 0n, true);
    view.setBigUint64(at + SEND_WQE_SWAP, wr.swap ?? 0n, true);
    if (wr.inline) bytes.set(wr.inline, at + SEND_WQE_SGES);
    else writeSges(view, at + SEND_WQE_SGES, wr.sges ?? []);
    this.#indices.publish();
    return at;
  }
}

export class RecvQueue {
  readonly location: RingLocation;
  localEpoch: number;
  readonly #indices: Indices;

  constructor(memory: DeviceMemory, location: RingLocation, maxSge: number, localEpoch: number) {
    this.location = location;
    this.localEpoch = localEpoch;
    this.#indices = new Indices(memory, location, recvStride(maxSge));
  }

  get used(): number {
    return this.#indices.used;
  }

  /** Posts one; returns where it stands. */
  post(wr: RecvWr): number {
    const at = this.#indices.open();
    const { view } = this.#indices.memory;
    view.setBigUint64(at + WQE_ID, wr.id, true);
    view.setUint32(at + WQE_SGE_COUNT, wr.sges?.length ?? 0, true);
    view.setUint32(at + WQE_LOCAL_EPOCH, this.localEpoch, true);
    writeSges(view, at + RECV_WQE_SGES, wr.sges ?? []);
    this.#indices.publish();
    return at;
  }
}

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
    const withImmediate = (view.getUint32(at + CQE_FLAGS, true) & WC_WITH_IMM) !== 0;
    const completion = {
      id: view.getBigUint64(at + CQE_ID, true),
      status: view.getUint32(at + CQE_STATUS, true),
      opcode: view.getUint32(at + CQE_OPCODE, true),
      byteLen: view.getUint32(at + CQE_BYTE_LEN, true),
      immediate: withImmediate ? view.getUint32(at + CQE_IMM, true) : null,
      qpNum: view.getUint32(at + CQE_QP_NUM, true),
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

  /** Asks for one completion event; `kind` is CQ_ARM_*. */
  arm(kind: number): void {
    this.#indices.store(QUEUE_ARM, kind);
  }

  /** Completion events so far. */
  get events(): number {
    return this.#indices.load(QUEUE_EVENTS);
  }

  get overrun(): boolean {
    return this.#indices.load(QUEUE_OVERRUN) !== 0;
  }
}

function writeSges(view: DataView, at: number, sges: readonly Sge[]): void {
  for (const [i, sge] of sges.entries()) {
    const element = at + i * SGE_BYTES;
    view.setBigUint64(element + SGE_ADDRESS, BigInt(sge.address), true);
    view.setUint32(element + SGE_LENGTH, sge.length, true);
    view.setUint32(element + SGE_LKEY, sge.lkey, true);
  }
}
