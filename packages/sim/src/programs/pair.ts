import {
  SEND_SIGNALED,
  WC_FETCH_ADD,
  WC_RDMA_READ,
  WC_RDMA_WRITE,
  WC_RECV,
  WC_SEND,
  WC_SUCCESS,
  WR_ATOMIC_FETCH_AND_ADD,
  WR_RDMA_READ,
  WR_RDMA_WRITE,
  WR_SEND,
} from "@nomad/abi";
import { Connection } from "../connection.ts";
import type { Machine, Program } from "../guest.ts";

/** Offsets into a side's data. */
const counterAt = 0;
const seenAt = 8;
const finAt = 16;
const readAt = 64;
const writeAt = 4096;
const receiveAt = 65_536;
const sendAt = 262_144;
const slotBytes = 4096;
const receives = 16;
const window = 6;

/** Where the result of an atomic goes: apart from those of the others under way. */
const resultAt = (n: number): number => readAt + 8 + 8 * (n % 64);

interface Counts {
  sent: number;
  delivered: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
  atomicsDone: number;
}

/**
 * Two guests talk all the time over one reliable connection, each sending numbered messages by SEND, writing, reading
 * and adding, until they are asked to end; each checks all that arrives. The last SEND of each says how many there were.
 */
export function pair(own: string, other: string): Program {
  return function* (machine) {
    const end = new Connection(machine);
    yield* end.open(own);
    const side = new Side(machine, end);
    side.postReceives();
    yield* end.connect(own, other);
    while (!side.finished) {
      side.poll();
      side.fill(machine.shutdown);
      yield;
    }
    yield* end.driver.report(side.report(own, other));
    return side.verified ? 0 : 1;
  };
}

class Side {
  readonly #machine: Machine;
  readonly #end: Connection;
  readonly #counts: Counts = { sent: 0, delivered: 0, duplicated: 0, reordered: 0, corrupted: 0, atomicsDone: 0 };
  #posted = 0;
  #completed = 0;
  #finPosted = false;
  #peerSent: number | null = null;
  #error: number | null = null;

  constructor(machine: Machine, end: Connection) {
    this.#machine = machine;
    this.#end = end;
  }

  get finished(): boolean {
    return this.#error !== null || (this.#finPosted && this.#peerSent !== null && this.#completed === this.#posted);
  }

  get verified(): boolean {
    const { duplicated, reordered, corrupted, delivered } = this.#counts;
    return this.#error === null && delivered === this.#peerSent && duplicated + reordered + corrupted === 0;
  }

  postReceives(): void {
    for (let i = 0; i < receives; i++) this.#postReceive(i);
  }

  #postReceive(i: number): void {
    this.#end.postRecv(BigInt(i), this.#end.data + receiveAt + i * slotBytes, slotBytes);
  }

  /** Keep the send queue busy, one operation after another; at the end, say how many messages there were. */
  fill(ending: boolean): void {
    while (!this.#finPosted && this.#posted - this.#completed < window) {
      if (ending) return this.#postFin();
      this.#postNext();
    }
  }

  #postNext(): void {
    const n = this.#posted++;
    const { data } = this.#end;
    const wr = { id: BigInt(n), flags: SEND_SIGNALED };
    switch (n % 4) {
      case 1:
        return this.#end.post({ ...wr, opcode: WR_RDMA_WRITE }, data + sendAt, 1 + (n % 3000), writeAt);
      case 2:
        return this.#end.post({ ...wr, opcode: WR_RDMA_READ }, data + readAt, 8, seenAt);
      case 3:
        return this.#end.post(
          { ...wr, opcode: WR_ATOMIC_FETCH_AND_ADD, compareAdd: 1n },
          data + resultAt(n),
          8,
          counterAt,
        );
      default:
        return this.#send(wr, this.#counts.sent++, 8 + ((n * 37) % 3000));
    }
  }

  #send(wr: { id: bigint; flags: number }, number: number, length: number): void {
    const at = this.#end.data + sendAt + (number % receives) * slotBytes;
    const { view, bytes } = this.#machine.memory;
    bytes.fill(number & 0xff, at, at + length);
    view.setUint32(at, number, true);
    view.setUint32(at + 4, length, true);
    this.#end.post({ ...wr, opcode: WR_SEND }, at, length);
  }

  #postFin(): void {
    this.#finPosted = true;
    const at = this.#end.data + finAt;
    this.#machine.memory.view.setUint32(at, this.#counts.sent, true);
    this.#end.post({ id: BigInt(this.#posted++), flags: SEND_SIGNALED, opcode: WR_SEND }, at, 4);
  }

  poll(): void {
    for (const wc of this.#end.cq.drain()) {
      if (wc.status !== WC_SUCCESS) this.#error ??= wc.status;
      else if (wc.opcode === WC_RECV) this.#received(Number(wc.id), wc.byteLen);
      else this.#sent(wc.id, wc.opcode);
    }
  }

  #sent(id: bigint, opcode: number): void {
    const expected = [WC_SEND, WC_RDMA_WRITE, WC_RDMA_READ, WC_FETCH_ADD][Number(id % 4n)];
    if (id !== BigInt(this.#completed)) this.#counts.reordered++;
    if (opcode !== expected && !this.#finPosted) this.#counts.corrupted++;
    if (opcode === WC_FETCH_ADD) this.#atomic(Number(id));
    this.#completed++;
  }

  /** The value before the addition must be the number of additions so far. */
  #atomic(n: number): void {
    const before = this.#machine.memory.view.getBigUint64(this.#end.data + resultAt(n), true);
    if (before !== BigInt(this.#counts.atomicsDone)) this.#counts.corrupted++;
    this.#counts.atomicsDone++;
  }

  #received(slot: number, length: number): void {
    const at = this.#end.data + receiveAt + slot * slotBytes;
    const { view, bytes } = this.#machine.memory;
    if (length === 4) {
      this.#peerSent = view.getUint32(at, true);
      return;
    }
    const number = view.getUint32(at, true);
    if (number < this.#counts.delivered) this.#counts.duplicated++;
    else if (number > this.#counts.delivered) this.#counts.reordered++;
    const wholly = bytes.subarray(at + 8, at + length).every((byte) => byte === (number & 0xff));
    if (!wholly || view.getUint32(at + 4, true) !== length) this.#counts.corrupted++;
    this.#counts.delivered++;
    this.#postReceive(slot);
  }

  report(guest: string, peer: string): object {
    const { sent, delivered, duplicated, reordered, corrupted, atomicsDone } = this.#counts;
    const lost = (this.#peerSent ?? delivered) - delivered;
    const status = this.#error === null ? "ok" : String(this.#error);
    const actual = Number(this.#machine.memory.view.getBigUint64(this.#end.data + counterAt, true));
    return {
      guest,
      connections: [{ peer, status, sent, delivered, lost, duplicated, reordered, corrupted, bytes: 0 }],
      atomics: { expected: atomicsDone, actual },
      verified: this.verified,
    };
  }
}
