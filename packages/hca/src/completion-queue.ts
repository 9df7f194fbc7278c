import {
  CQ_ARM_ANY,
  CQ_ARM_NONE,
  CQ_ARM_SOLICITED,
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
  CQE_VENDOR_ERR,
  QUEUE_ARM,
  QUEUE_EVENTS,
  QUEUE_OVERRUN,
  QUEUE_PRODUCER,
  WC_SUCCESS,
} from "@nomad/abi";
import type { CompletionChannel } from "./completion-channel.ts";
import { planted } from "./mutants.ts";
import { Ring } from "./ring.ts";
import type { CqInit, DeviceMemory, RingLocation } from "./types.ts";

/** What a completion says. One is reused for all. */
export interface Completion {
  /** The work request's id, low and high word. */
  idLow: number;
  idHigh: number;
  status: number;
  opcode: number;
  byteLen: number;
  immediate: number;
  flags: number;
  qpNum: number;
  srcQp: number;
  slid: number;
  pkeyIndex: number;
  solicited: boolean;
}

export function emptyCompletion(): Completion {
  return {
    idLow: 0,
    idHigh: 0,
    status: 0,
    opcode: 0,
    byteLen: 0,
    immediate: 0,
    flags: 0,
    qpNum: 0,
    srcQp: 0,
    slid: 0,
    pkeyIndex: 0,
    solicited: false,
  };
}

/** A completion queue in device memory. It takes completions until it overruns, and then no more. */
export class CompletionQueue {
  readonly cqn: number;
  readonly channel: CompletionChannel | null;
  readonly #memory: DeviceMemory;
  #ring: Ring;
  #producer: number;
  #overrun: boolean;

  /** Goes on where the record stands: the memory may have come from another adapter. */
  constructor(cqn: number, init: CqInit) {
    this.cqn = cqn;
    this.channel = init.channel ?? null;
    this.#memory = init.memory;
    this.#ring = new Ring(init.memory, init.location, CQE_BYTES);
    this.#producer = this.#ring.producer;
    this.#overrun = this.#ring.load(QUEUE_OVERRUN) !== 0;
  }

  /** Its memory has come only now. */
  reload(): void {
    this.#producer = this.#ring.producer;
    this.#overrun = this.#ring.load(QUEUE_OVERRUN) !== 0;
  }

  get entries(): number {
    return this.#ring.entries;
  }

  /** Has a completion been lost? */
  get overrun(): boolean {
    return this.#overrun;
  }

  /**
   * Moves to another ring and record, with the completions that are not polled, the indices and what is armed.
   * @throws NomadError E_VERB when they do not fit, or the ring is not where it may be.
   */
  resize(location: RingLocation): void {
    const ring = new Ring(this.#memory, location, CQE_BYTES);
    ring.takeOver(this.#ring, this.#ring.consumer, this.#producer);
    this.#ring = ring;
  }

  /** `event`: stored, and its owner is due a completion event. `overrun`: the queue just overran; `lost`: it had before. */
  push(completion: Completion): "stored" | "event" | "overrun" | "lost" {
    if (this.#overrun) return "lost";
    const ring = this.#ring;
    if ((this.#producer - ring.consumer) >>> 0 >= ring.entries && !planted.overwriteFullCq) {
      this.#overrun = true;
      ring.store(QUEUE_OVERRUN, 1);
      return "overrun";
    }
    this.#write(ring.address(this.#producer), completion);
    this.#producer = (this.#producer + 1) >>> 0;
    ring.store(QUEUE_PRODUCER, this.#producer);
    return this.#signal(completion) ? "event" : "stored";
  }

  #write(at: number, c: Completion): void {
    const view = this.#ring.memory.view;
    view.setUint32(at + CQE_ID, c.idLow, true);
    view.setUint32(at + CQE_ID + 4, c.idHigh, true);
    view.setUint32(at + CQE_STATUS, c.status, true);
    view.setUint32(at + CQE_OPCODE, c.opcode, true);
    view.setUint32(at + CQE_BYTE_LEN, c.byteLen, true);
    view.setUint32(at + CQE_IMM, c.immediate, true);
    view.setUint32(at + CQE_QP_NUM, c.qpNum, true);
    view.setUint32(at + CQE_SRC_QP, c.srcQp, true);
    view.setUint32(at + CQE_FLAGS, c.flags, true);
    view.setUint32(at + CQE_VENDOR_ERR, 0, true);
    view.setUint32(at + CQE_SLID, c.slid, true);
    view.setUint32(at + CQE_PKEY_INDEX, c.pkeyIndex, true);
  }

  /** The guest arms, then polls once more, then waits: so the producer is stored before the arm is read. */
  #signal(completion: Completion): boolean {
    const ring = this.#ring;
    const arm = ring.load(QUEUE_ARM);
    const solicited = (completion.solicited && !planted.ignoreSolicited) || completion.status !== WC_SUCCESS;
    if (arm !== CQ_ARM_ANY && !(arm === CQ_ARM_SOLICITED && solicited)) return false;
    if (!planted.keepArmed) ring.store(QUEUE_ARM, CQ_ARM_NONE);
    const events = (ring.record + QUEUE_EVENTS) >>> 2;
    Atomics.add(ring.memory.words, events, 1);
    Atomics.notify(ring.memory.words, events);
    return true;
  }
}
