import {
  ACCESS_LOCAL_WRITE,
  ACCESS_MW_BIND,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  AH_RECORD_BYTES,
  CQE_BYTES,
  HC_ALLOC_PD,
  HC_CREATE_AH,
  HC_CREATE_CQ,
  HC_REG_MR,
  MAILBOX_DATA,
  MAILBOX_DATA_BYTES,
  MAILBOX_DONE,
  MAILBOX_OPERATION,
  MAILBOX_POSTED,
  MAILBOX_SEQUENCE,
  MAILBOX_STATE,
  MAILBOX_STATUS,
  MAILBOX_WORDS,
  MAILBOX_WORDS_MAX,
  PROGRAM_BASE,
  QUEUE_RECORD_BYTES,
} from "@nomad/abi";
import { assert, type VLid } from "@nomad/base";
import type { RingLocation } from "@nomad/hca";
import { PolledQueue, type WorkCompletion } from "@nomad/hca/queues";
import type { Backend } from "../backend.ts";
import { deviceMemory } from "../device-memory.ts";
import type { Lab } from "./lab.ts";

const MEMORY_BYTES = PROGRAM_BASE + 512 * 1024;
export const ENTRIES = 16;

/** A guest whose program the test is: it makes hypercalls, and knows names as programs know them. */
export class Guest {
  readonly lab: Lab;
  readonly vlid: VLid;
  memory = deviceMemory(new SharedArrayBuffer(MEMORY_BYTES));
  host: Backend;
  epoch = 1;
  readonly pd: number;
  readonly cq: number;
  readonly cqLocation: RingLocation;
  #sequence = 0;
  #free = PROGRAM_BASE;

  constructor(lab: Lab, vlid: VLid, host: Backend) {
    this.lab = lab;
    this.vlid = vlid;
    this.host = host;
    host.create(vlid, this.memory, this.epoch);
    this.pd = this.must(HC_ALLOC_PD);
    this.cqLocation = this.location(CQE_BYTES, 64);
    this.cq = this.must(HC_CREATE_CQ, ...ringWords(this.cqLocation));
  }

  /** Status of a hypercall, and its result words. */
  call(operation: number, words: readonly number[] = [], data = new Uint8Array()): { status: number; words: number[] } {
    const { view, bytes, words: atomics } = this.memory;
    view.setUint32(MAILBOX_SEQUENCE, ++this.#sequence, true);
    view.setUint32(MAILBOX_OPERATION, operation, true);
    for (let i = 0; i < MAILBOX_WORDS_MAX; i++) view.setUint32(MAILBOX_WORDS + 4 * i, words[i] ?? 0, true);
    bytes.set(data, MAILBOX_DATA);
    view.setUint32(MAILBOX_DATA_BYTES, data.length, true);
    Atomics.store(atomics, MAILBOX_STATE >> 2, MAILBOX_POSTED);
    this.host.bell(this.vlid, this.lab.now);
    this.lab.settle();
    assert(Atomics.load(atomics, MAILBOX_STATE >> 2) === MAILBOX_DONE, "a hypercall is answered");
    const results = Array.from({ length: MAILBOX_WORDS_MAX }, (_, i) => view.getUint32(MAILBOX_WORDS + 4 * i, true));
    return { status: view.getInt32(MAILBOX_STATUS, true), words: results };
  }

  /** The first result word of a hypercall that succeeds. */
  must(operation: number, ...words: readonly number[]): number {
    const result = this.call(operation, words);
    assert(result.status === 0, `hypercall ${operation} succeeds, and not with errno ${-result.status}`);
    return result.words[0] ?? 0;
  }

  /** Memory for the program, aligned to 64 bytes. */
  take(bytes: number): number {
    const at = this.#free;
    this.#free += Math.ceil(bytes / 64) * 64;
    return at;
  }

  location(stride: number, entries = ENTRIES): RingLocation {
    return { record: this.take(QUEUE_RECORD_BYTES), ring: this.take(stride * entries), entries };
  }

  /** A region of its own, open to everything; its address and v-key. */
  region(length = 4096): { readonly address: number; readonly key: number } {
    const remote = ACCESS_REMOTE_WRITE | ACCESS_REMOTE_READ | ACCESS_REMOTE_ATOMIC;
    const address = this.take(length);
    const access = ACCESS_LOCAL_WRITE | ACCESS_MW_BIND | remote;
    return { address, key: this.must(HC_REG_MR, this.pd, address, length, access) };
  }

  /** An address handle that leads to another guest. */
  handle(to: Guest): number {
    return this.must(HC_CREATE_AH, this.pd, this.take(AH_RECORD_BYTES), to.vlid);
  }

  write(address: number, text: string): void {
    this.memory.bytes.set(new TextEncoder().encode(text), address);
  }

  read(address: number, length: number): string {
    return new TextDecoder().decode(this.memory.bytes.slice(address, address + length));
  }

  /** Takes all completions. */
  poll(location = this.cqLocation): WorkCompletion[] {
    this.lab.settle();
    return new PolledQueue(this.memory, location).drain();
  }
}

export const ringWords = ({ record, ring, entries }: RingLocation): number[] => [record, ring, entries];
