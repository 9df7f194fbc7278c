import type { ConnectOptions, SendWr, Sge, WcOpcode } from "@nomad/verbs";
import { expect } from "vitest";
import { type End, makePair, remoteOf } from "./ends.ts";
import type { Lab } from "./lab.ts";
import { isMarked, mark } from "./marks.ts";
import { oneSided, type Remote } from "./work.ts";

export type Kind = "send" | "write" | "read" | "fetchAdd" | "compareSwap";

/** An operation, and how many bytes it moves; an atomic moves 8. */
export interface Op {
  readonly kind: Kind;
  readonly bytes: number;
}

/** One operation under way: its part of both buffers. */
interface Slot {
  readonly salt: number;
  readonly from: Buffer;
  readonly to: Buffer;
  readonly local: Sge;
  readonly remote: Remote;
}

interface Behaviour {
  readonly opcode: WcOpcode;
  readonly prepare: (slot: Slot) => void;
  readonly request: (slot: Slot) => SendWr;
  /** Was it done, and right? */
  readonly verify: (slot: Slot) => boolean;
}

const ADDEND = 7n;
const SWAPPED = 99n;

const toPeer = {
  prepare: ({ from, to, salt }: Slot) => {
    mark(from, salt);
    to.fill(0);
  },
  verify: ({ to, salt }: Slot) => isMarked(to, salt),
};

const atomic = {
  prepare: ({ from, to, salt }: Slot) => {
    from.fill(0);
    to.writeBigUInt64LE(BigInt(salt));
  },
  verify: ({ from, to, salt }: Slot, result: bigint) =>
    from.readBigUInt64LE() === BigInt(salt) && to.readBigUInt64LE() === result,
};

/** Every other one compares with what is there, and swaps. */
const swaps = (salt: number) => salt % 2 === 0;

const behaviours: Readonly<Record<Kind, Behaviour>> = {
  send: { ...toPeer, opcode: "WC_SEND", request: ({ local }) => ({ opcode: "WR_SEND", sgList: [local] }) },
  write: { ...toPeer, opcode: "WC_RDMA_WRITE", request: ({ local, remote }) => oneSided.write(local, remote) },
  read: {
    opcode: "WC_RDMA_READ",
    prepare: ({ from, to, salt }) => {
      mark(to, salt);
      from.fill(0);
    },
    request: ({ local, remote }) => oneSided.read(local, remote),
    verify: ({ from, salt }) => isMarked(from, salt),
  },
  fetchAdd: {
    opcode: "WC_FETCH_ADD",
    prepare: atomic.prepare,
    request: ({ local, remote }) => oneSided.fetchAdd(local, remote, ADDEND),
    verify: (slot) => atomic.verify(slot, BigInt(slot.salt) + ADDEND),
  },
  compareSwap: {
    opcode: "WC_COMP_SWAP",
    prepare: atomic.prepare,
    request: ({ local, remote, salt }) => {
      return oneSided.compareSwap(local, remote, BigInt(swaps(salt) ? salt : salt + 1), SWAPPED);
    },
    verify: (slot) => atomic.verify(slot, swaps(slot.salt) ? SWAPPED : BigInt(slot.salt)),
  },
};

export interface LaneOptions {
  /** Of the largest operation. Default 4096. */
  readonly bytesMax?: number;
  /** Operations under way at once. Default 16. */
  readonly window?: number;
  readonly connection?: ConnectOptions;
}

/** A connection, and operations on it of which every byte is checked. */
export class RcLane {
  readonly a: End;
  readonly b: End;
  readonly window: number;
  readonly #bytesMax: number;
  /** Of the operation that is posted next, over the lane's life. */
  #salt = 1;

  constructor(lab: Lab, { bytesMax = 4096, window = 16, connection = {} }: LaneOptions = {}) {
    this.window = window;
    this.#bytesMax = Math.ceil(bytesMax / 8) * 8;
    const rings = { maxSendWr: window, maxRecvWr: window, cqEntries: window };
    const { a, b } = makePair(lab, { ...rings, bufferBytes: window * this.#bytesMax }, connection);
    this.a = a;
    this.b = b;
  }

  /** Does the operations in order, posting at least `batch` at a time as long as there are so many. */
  async drive(ops: readonly Op[], batch = 1): Promise<void> {
    const slots: Slot[] = [];
    for (let done = 0; done < ops.length; ) {
      for (let room = this.#room(ops, slots.length - done, slots.length, batch); room > 0; room--) {
        slots.push(this.#post(slots.length, ops[slots.length] as Op));
      }
      await this.a.sendCq.wait();
      for (const { wrId, status, opcode } of this.a.sendCq.poll()) {
        const { kind } = ops[done] as Op;
        expect([wrId, status, opcode]).toEqual([done, "WC_SUCCESS", behaviours[kind].opcode]);
        this.#verify(done, ops[done] as Op, slots[done] as Slot);
        done++;
      }
    }
  }

  /** Nothing of it is left. */
  close(): void {
    for (const { qp, mr, buffer, sendCq, recvCq, pd } of [this.a, this.b]) {
      qp.destroy();
      mr.dereg();
      buffer.free();
      sendCq.destroy();
      recvCq.destroy();
      pd.dealloc();
    }
  }

  /** How many operations to post now. */
  #room(ops: readonly Op[], underWay: number, posted: number, batch: number): number {
    const left = ops.length - posted;
    const room = Math.min(this.window - underWay, left);
    return room >= Math.min(batch, left) ? room : 0;
  }

  #post(index: number, { kind, bytes }: Op): Slot {
    const offset = (index % this.window) * this.#bytesMax;
    const { a, b } = this;
    const slot = {
      salt: this.#salt++,
      from: a.buffer.bytes.subarray(offset, offset + bytes),
      // Taken anew each time: it may be memory of another process.
      get to() {
        return b.buffer.bytes.subarray(offset, offset + bytes);
      },
      local: a.mr.sge(offset, bytes),
      get remote() {
        return remoteOf(b, offset);
      },
    };
    const { prepare, request } = behaviours[kind];
    prepare(slot);
    if (kind === "send") b.qp.postRecv({ wrId: index, sgList: [b.mr.sge(offset, bytes)] });
    a.qp.postSend({ ...request(slot), wrId: index });
    return slot;
  }

  /** What is acknowledged has been placed; a message's receive completes before it is acknowledged. */
  #verify(index: number, { kind, bytes }: Op, slot: Slot): void {
    expect(behaviours[kind].verify(slot), `${kind} ${slot.salt} of ${bytes} bytes`).toBe(true);
    if (kind !== "send") return;
    const [received] = this.b.recvCq.poll(1);
    expect([received?.wrId, received?.status, received?.byteLen]).toEqual([index, "WC_SUCCESS", bytes]);
  }
}

/** So many operations, all alike. */
export function alike(count: number, kind: Kind, bytes: number): Op[] {
  return Array.from({ length: count }, () => ({ kind, bytes }));
}
