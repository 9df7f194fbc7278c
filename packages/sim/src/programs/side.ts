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
import type { WorkCompletion } from "@nomad/hca/testing";
import { Connection } from "../connection.ts";
import type { Driver } from "../driver.ts";
import type { Machine } from "../guest.ts";
import type { Traffic } from "../traffic.ts";
import {
  counterAt,
  dataBytes,
  finAt,
  fixedAt,
  fixedBytes,
  guardBytes,
  readAt,
  receiveAt,
  receives,
  resultAt,
  sendAt,
  slotBytes,
  writeAt,
  writeBytes,
  writeFrom,
} from "./layout.ts";

const window = 6;
const guardByte = 0xa5;
const readMark = 0xee;
const finBytes = 4;

const messageBytes = (n: number): number => 8 + ((n * 173) % (slotBytes - 8));
const writtenBytes = (n: number): number => 8 + ((n * 37) % (writeBytes - 8));
const fixedByte = (vlid: number, i: number): number => (vlid + 7 * i) & 0xff;

/**
 * One guest's side of a connection. It sends numbered messages; before each it writes to the peer what the message then
 * announces; it reads what always stands there, and adds to a counter. All that comes is checked.
 *
 * A slot written for message n is written again for n + 16, behind message n + 15, which finds a receive only after the
 * peer has taken n + 7: until then what the peer has marked as read must stay marked.
 */
export class Side {
  readonly own: string;
  readonly peer: string;
  readonly end: Connection;
  readonly #machine: Machine;
  readonly #traffic: Traffic;

  #posted = 0;
  #completed = 0;
  #sent = 0;
  #delivered = 0;
  #atomics = 0;
  #finPosted = false;
  #peerSent: number | null = null;
  #error: number | null = null;

  constructor(machine: Machine, driver: Driver, at: number, names: { own: string; peer: string }, traffic: Traffic) {
    this.own = names.own;
    this.peer = names.peer;
    this.#machine = machine;
    this.#traffic = traffic;
    this.end = new Connection(machine, driver, at, dataBytes);
  }

  /** Put in place what the peer may find. */
  prepare(vlid: number): void {
    const { bytes } = this.#machine.memory;
    const { data } = this.end;
    for (let i = 0; i < fixedBytes; i++) bytes[data + fixedAt + i] = fixedByte(vlid, i);
    bytes.fill(guardByte, data + dataBytes, data + dataBytes + guardBytes);
    for (let i = 0; i < receives; i++) this.#postReceive(i);
  }

  #postReceive(i: number): void {
    this.end.postRecv(BigInt(i), this.end.data + receiveAt(i), slotBytes);
  }

  get failed(): boolean {
    return this.#error !== null;
  }

  get finished(): boolean {
    return this.failed || (this.#finPosted && this.#peerSent !== null && this.#completed === this.#posted);
  }

  get verified(): boolean {
    return !this.failed && this.#delivered === this.#peerSent;
  }

  /** Keep the send queue busy with at most `count` more; at the end, say how many messages there were. */
  fill(count: number, ending: boolean): void {
    for (let i = 0; i < count && !this.#finPosted && this.#posted - this.#completed < window; i++) {
      if (ending) return this.#postFin();
      this.#postNext();
    }
  }

  #postNext(): void {
    const { data } = this.end;
    const n = this.#posted;
    switch (n % 4) {
      case 1:
        return this.#write(this.#sent);
      case 2:
        this.#machine.memory.bytes.fill(0, data + readAt(n), data + readAt(n) + fixedBytes);
        return this.#post(WR_RDMA_READ, WC_RDMA_READ, data + readAt(n), fixedBytes, fixedAt);
      case 3:
        return this.#post(WR_ATOMIC_FETCH_AND_ADD, WC_FETCH_ADD, data + resultAt(n), 8, counterAt);
      default:
        return this.#send(this.#sent++);
    }
  }

  #post(opcode: number, completion: number, from: number, length: number, remote = 0): void {
    const id = BigInt(this.#posted++);
    this.#traffic.completions.posted(`${this.own}>${this.peer}`, id, completion);
    this.end.post({ id, flags: SEND_SIGNALED, opcode, compareAdd: 1n }, from, length, remote);
  }

  #send(number: number): void {
    const at = this.end.data + sendAt(number);
    const length = messageBytes(number);
    const { view, bytes } = this.#machine.memory;
    bytes.fill(number & 0xff, at, at + length);
    view.setUint32(at, number, true);
    view.setUint32(at + 4, length, true);
    this.#traffic.messages.posted(this.own, this.peer, number, length);
    this.#post(WR_SEND, WC_SEND, at, length);
  }

  /** What message `number` will announce. */
  #write(number: number): void {
    const at = this.end.data + writeFrom(number);
    const length = writtenBytes(number);
    this.#machine.memory.bytes.fill(number & 0x7f, at, at + length);
    this.#post(WR_RDMA_WRITE, WC_RDMA_WRITE, at, length, writeAt(number));
  }

  #postFin(): void {
    this.#finPosted = true;
    const at = this.end.data + finAt;
    this.#machine.memory.view.setUint32(at, this.#sent, true);
    this.#post(WR_SEND, WC_SEND, at, finBytes);
  }

  poll(): void {
    for (const wc of this.end.cq.drain()) {
      if (wc.status !== WC_SUCCESS) this.#fails(wc);
      else if (wc.opcode === WC_RECV) this.#received(Number(wc.id), wc.byteLen);
      else this.#done(wc);
      this.#traffic.completions.named(`${this.own}>${this.peer}`, this.end.vqpn, wc.qpNum);
    }
  }

  #fails(wc: WorkCompletion): void {
    if (this.#error !== null) return;
    this.#error = wc.status;
    this.#traffic.onFailed(this.own, this.peer, wc.status);
  }

  #done(wc: WorkCompletion): void {
    const { id, opcode } = wc;
    this.#traffic.completions.completed(`${this.own}>${this.peer}`, { id, opcode, ok: true });
    if (opcode === WC_FETCH_ADD) this.#added(Number(id));
    if (opcode === WC_RDMA_READ) this.#read(Number(id));
    this.#completed++;
  }

  #added(n: number): void {
    const found = this.#machine.memory.view.getBigUint64(this.end.data + resultAt(n), true);
    this.#traffic.effects.added(this.own, this.peer, found);
    this.#atomics++;
  }

  #read(n: number): void {
    const at = this.end.data + readAt(n);
    const { vlid } = this.end.peer;
    const intact = this.#machine.memory.bytes
      .subarray(at, at + fixedBytes)
      .every((byte, i) => byte === fixedByte(vlid, i));
    this.#traffic.effects.read(this.peer, this.own, intact);
  }

  #received(slot: number, length: number): void {
    const at = this.end.data + receiveAt(slot);
    const { view, bytes } = this.#machine.memory;
    const { messages, guards } = this.#traffic;
    const { data } = this.end;
    const number = view.getUint32(at, true);
    if (length === finBytes) {
      this.#peerSent = number;
      messages.ended(this.peer, this.own, number);
      return;
    }
    const wholly = bytes.subarray(at + 8, at + length).every((byte) => byte === (number & 0xff));
    messages.delivered(this.peer, this.own, number, length, wholly && view.getUint32(at + 4, true) === length);
    if (number > 0) this.#takeWrite(number);
    const guard = bytes.subarray(data + dataBytes, data + dataBytes + guardBytes);
    guards.checked(
      this.own,
      guard.every((byte) => byte === guardByte),
    );
    this.#delivered++;
    this.#postReceive(slot);
  }

  /** The write that message `number` announces is there; those before it were marked as read, and have not come again. */
  #takeWrite(number: number): void {
    const { bytes } = this.#machine.memory;
    const { effects } = this.#traffic;
    const slot = (n: number) => {
      const at = this.end.data + writeAt(n);
      return bytes.subarray(at, at + writtenBytes(n));
    };
    const intact = slot(number).every((byte) => byte === (number & 0x7f));
    effects.written(this.peer, this.own, number, intact);
    for (let before = Math.max(1, number - receives + 2); before < number; before++)
      effects.kept(this.peer, this.own, before, slot(before)[0] === readMark);
    slot(number).fill(readMark);
  }

  /** Its row in the guest's report; the last look at the counter. */
  report(): { readonly connection: object; readonly expected: number; readonly actual: number } {
    const peerSent = this.#peerSent ?? this.#delivered;
    const counted = this.#machine.memory.view.getBigUint64(this.end.data + counterAt, true);
    if (!this.failed) this.#traffic.effects.counted(this.peer, this.own, counted);
    const connection = {
      peer: this.peer,
      status: this.#error === null ? "ok" : String(this.#error),
      sent: this.#sent,
      delivered: this.#delivered,
      lost: peerSent - this.#delivered,
      duplicated: 0,
      reordered: 0,
      corrupted: 0,
      bytes: 0,
    };
    return { connection, expected: this.#atomics, actual: this.#atomics };
  }
}
