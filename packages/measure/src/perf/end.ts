import { NomadError } from "@nomad/base";
import {
  type AddressHandle,
  access,
  type CompletionQueue,
  type Context,
  connectQp,
  type MemoryRegion,
  type QueuePair,
  readyUd,
  type SendWr,
  type Sge,
  WorkCompletion,
} from "@nomad/verbs";
import { bytesMax, type Transport, windowMax } from "./tests.ts";

/** What one end must know of the other. Plain data, for another process. */
export interface EndAddress {
  readonly lid: number;
  readonly qpns: Readonly<Record<Transport | "control", number>>;
  /** Of its memory that may be read and written. */
  readonly remoteAddress: number;
  readonly rkey: number;
}

const receivesPosted = 2 * windowMax;
const controlEntries = 64;
const qkey = 0x1234;
/** A datagram comes behind the room for a global route header. */
const grhBytes = 40;

/** What a completion is of, by its work request's number. */
const dataSend = 1;
const dataReceive = 2;
const controlSend = 3;
const controlReceive = 4;

/** What ends tell each other between and during batches, by the immediate of an empty SEND on a connection of its own. */
export const ready = 0;
export const done = 1;
export const credit = 2;
type Word = typeof ready | typeof done | typeof credit;

/**
 * One end of a measurement between two adapters: a queue pair of each transport towards the other end and one over which
 * they agree, all completing at one queue, whose completions are counted.
 */
export class End {
  readonly memory: MemoryRegion;
  /** Data of this batch: work requests completed, messages received. */
  completed = 0;
  received = 0;
  /** Called for each message received. */
  onReceived: () => void = () => {};
  readonly #context: Context;
  readonly #cq: CompletionQueue;
  readonly #qps: Readonly<Record<Transport | "control", QueuePair>>;
  readonly #wcs: readonly WorkCompletion[];
  /** Words that came and nobody has waited for yet. */
  readonly #heard = [0, 0, 0];
  readonly #receive: { readonly wrId: number; readonly sgList: readonly Sge[] };
  #data: QueuePair;
  #peer: (EndAddress & { readonly ah: AddressHandle }) | null = null;

  constructor(context: Context) {
    this.#context = context;
    const pd = context.allocPd();
    const buffer = context.alloc(bytesMax + grhBytes);
    this.memory = pd.regMr(
      buffer,
      access.LOCAL_WRITE | access.REMOTE_WRITE | access.REMOTE_READ | access.REMOTE_ATOMIC,
    );
    this.#cq = context.createCq({ entries: 8 * receivesPosted });
    const cqs = { sendCq: this.#cq, recvCq: this.#cq };
    const data = (type: Transport) =>
      pd.createQp({ ...cqs, type, maxSendWr: windowMax, maxRecvWr: receivesPosted, maxSendSge: 1, maxRecvSge: 1 });
    const control = pd.createQp({ ...cqs, maxSendWr: controlEntries, maxRecvWr: controlEntries });
    this.#qps = { RC: data("RC"), UC: data("UC"), UD: data("UD"), control };
    this.#data = this.#qps.RC;
    this.#receive = { wrId: dataReceive, sgList: [this.memory.sge()] };
    this.#wcs = Array.from({ length: windowMax }, () => new WorkCompletion());
  }

  get address(): EndAddress {
    const { RC, UC, UD, control } = this.#qps;
    const qpns = { RC: RC.qpn, UC: UC.qpn, UD: UD.qpn, control: control.qpn };
    return { lid: this.#context.lid, qpns, remoteAddress: this.memory.address, rkey: this.memory.rkey };
  }

  /** Brings all queue pairs to RTS. The link to the other's port must be there. */
  connect(peer: EndAddress): void {
    const { RC, UC, UD, control } = this.#qps;
    for (const type of ["RC", "UC", "control"] as const) {
      connectQp(this.#qps[type], { lid: peer.lid, qpn: peer.qpns[type], psn: 0 }, 0);
    }
    readyUd(UD, qkey);
    this.#peer = { ...peer, ah: UD.pd.createAh({ dlid: peer.lid }) };
    for (const qp of [RC, UC, UD]) for (let i = 0; i < receivesPosted; i++) qp.postRecv(this.#receive);
    for (let i = 0; i < controlEntries; i++) control.postRecv({ wrId: controlReceive });
  }

  /** Begins a batch over this transport; counts begin anew. */
  begin(transport: Transport): void {
    this.#data = this.#qps[transport];
    this.completed = 0;
    this.received = 0;
    this.onReceived = () => {};
  }

  /** The work request of each message of a batch. @throws NomadError E_STATE before `connect` */
  request(operation: "send" | "write" | "write-imm" | "read" | "atomic", bytes: number): SendWr {
    const peer = this.#peer;
    if (peer === null) throw new NomadError("E_STATE", "the end is not connected");
    const common = { wrId: dataSend, sgList: [this.memory.sge(0, bytes)] } as const;
    const { remoteAddress, rkey, ah } = peer;
    const remote = { remoteAddress, rkey };
    switch (operation) {
      case "send":
        if (this.#data.type !== "UD") return { ...common, opcode: "WR_SEND" };
        return { ...common, opcode: "WR_SEND", ud: { ah, remoteQpn: peer.qpns.UD, remoteQkey: qkey } };
      case "write":
        return { ...common, ...remote, opcode: "WR_RDMA_WRITE" };
      case "write-imm":
        return { ...common, ...remote, opcode: "WR_RDMA_WRITE_WITH_IMM", immediate: 0 };
      case "read":
        return { ...common, ...remote, opcode: "WR_RDMA_READ" };
      case "atomic":
        return { ...common, ...remote, opcode: "WR_ATOMIC_FETCH_AND_ADD", add: 1n };
    }
  }

  post(wr: SendWr): void {
    this.#data.postSend(wr);
  }

  /** Tells the other end. */
  say(word: Word): void {
    this.#qps.control.postSend({ wrId: controlSend, opcode: "WR_SEND_WITH_IMM", immediate: word });
  }

  /** Has the other end said it? Each saying is taken once. */
  take(word: Word): boolean {
    if ((this.#heard[word] ?? 0) === 0) return false;
    this.#heard[word] = (this.#heard[word] ?? 0) - 1;
    return true;
  }

  /** Takes what has completed, and waits first when nothing has. Rejects with E_STATE when a work request failed. */
  async progress(): Promise<void> {
    let count = this.#cq.pollInto(this.#wcs);
    if (count === 0) {
      await this.#cq.wait();
      count = this.#cq.pollInto(this.#wcs);
    }
    for (let i = 0; i < count; i++) this.#took(this.#wcs[i] as WorkCompletion);
  }

  /** Until the other end has said so. */
  async hear(word: Word): Promise<void> {
    while (!this.take(word)) await this.progress();
  }

  #took({ status, wrId, immediate }: WorkCompletion): void {
    if (status !== "WC_SUCCESS") throw new NomadError("E_STATE", `a work request ended with ${status}`);
    if (wrId === dataSend) this.completed++;
    else if (wrId === dataReceive) {
      this.received++;
      this.#data.postRecv(this.#receive);
      this.onReceived();
    } else if (wrId === controlReceive) {
      this.#heard[immediate ?? 0] = (this.#heard[immediate ?? 0] ?? 0) + 1;
      this.#qps.control.postRecv({ wrId: controlReceive });
    }
  }
}
