import { HC_CREATE_CQ, HC_DESTROY_CQ, HC_QUERY_CQ, HC_RESIZE_CQ } from "../../abi/src/hypercall.ts";
import { WC_SUCCESS } from "../../abi/src/verbs.ts";
import {
  CQ_ARM_ANY,
  CQ_ARM_SOLICITED,
  CQE_BYTE_LEN,
  CQE_BYTES,
  CQE_FLAGS,
  CQE_ID,
  CQE_IMM,
  CQE_OPCODE,
  CQE_QP_NUM,
  CQE_SLID,
  CQE_SRC_QP,
  CQE_STATUS,
  QUEUE_ARM,
  QUEUE_EVENTS,
  QUEUE_OVERRUN,
} from "../../abi/src/work.ts";
import { argument, begin, call, result } from "./hypercall.ts";
import { addRing, Ring, ringEntries } from "./ring.ts";
import { wait } from "./vmm.ts";

/** ibv_wc. One object serves any number of polls. */
@final
export class WorkCompletion {
  id: u64 = 0;
  status: u32 = WC_SUCCESS;
  opcode: u32 = 0;
  byteLength: u32 = 0;
  immediate: u32 = 0;
  /** vQPN of the queue pair. */
  qpNumber: u32 = 0;
  flags: u32 = 0;
  /** Datagrams: vQPN of the sender, and the vLID of its guest. */
  sourceQp: u32 = 0;
  sourceLid: u32 = 0;
}

/** ibv_cq. It can be waited for by itself, or as one of a `CompletionChannel`. */
@final
export class CompletionQueue {
  /** Events that a channel has given. */
  private eventsTaken: u32 = 0;

  private constructor(
    readonly handle: u32,
    private ring: Ring,
  ) {}

  /** With room for at least `entries` completions; `channel`: of `CompletionChannel`. Null when the back-end refuses. */
  static create(entries: u32, channel: u32 = 0): CompletionQueue | null {
    const ring = new Ring(ringEntries(entries), CQE_BYTES);
    begin();
    addRing(ring);
    argument(channel);
    return call(HC_CREATE_CQ) === 0 ? new CompletionQueue(result(0), ring) : null;
  }

  destroy(): i32 {
    begin();
    argument(this.handle);
    return call(HC_DESTROY_CQ);
  }

  /** ibv_resize_cq: room for at least `entries`; what is not polled is kept. The old ring's memory stays allocated. */
  resize(entries: u32): i32 {
    const ring = new Ring(ringEntries(entries), CQE_BYTES);
    begin();
    argument(this.handle);
    addRing(ring);
    const status = call(HC_RESIZE_CQ);
    if (status === 0) this.ring = ring;
    return status;
  }

  /** ibv_cq's cqe: completions that it has room for, or a negative errno. */
  get capacity(): i32 {
    begin();
    argument(this.handle);
    const status = call(HC_QUERY_CQ);
    return status === 0 ? <i32>result(0) : status;
  }

  /** The channel's part: has there been an event that it has not given yet? */
  takeEvent(): bool {
    if (atomic.load<u32>(this.ring.record + QUEUE_EVENTS) === this.eventsTaken) return false;
    this.eventsTaken++;
    return true;
  }

  /** Takes the oldest completion; false when there is none. */
  poll(into: WorkCompletion): bool {
    const consumer = this.ring.consumer;
    if (consumer === this.ring.producer) return false;
    const entry = this.ring.slot(consumer);
    into.id = load<u64>(entry + CQE_ID);
    into.status = load<u32>(entry + CQE_STATUS);
    into.opcode = load<u32>(entry + CQE_OPCODE);
    into.byteLength = load<u32>(entry + CQE_BYTE_LEN);
    into.immediate = load<u32>(entry + CQE_IMM);
    into.qpNumber = load<u32>(entry + CQE_QP_NUM);
    into.flags = load<u32>(entry + CQE_FLAGS);
    into.sourceQp = load<u32>(entry + CQE_SRC_QP);
    into.sourceLid = load<u32>(entry + CQE_SLID);
    this.ring.consumer = consumer + 1;
    return true;
  }

  get isEmpty(): bool {
    return this.ring.consumer === this.ring.producer;
  }

  /** Completions were lost because nobody polled. */
  get isOverrun(): bool {
    return atomic.load<u32>(this.ring.record + QUEUE_OVERRUN) !== 0;
  }

  /** ibv_req_notify_cq: one event for the next completion. Poll again after it: what came before gives none. */
  requestNotify(solicitedOnly: bool = false): void {
    atomic.store<u32>(this.ring.record + QUEUE_ARM, solicitedOnly ? CQ_ARM_SOLICITED : CQ_ARM_ANY);
  }

  /**
   * Blocks until there may be a completion, at most `timeout` nanoseconds (< 0: for ever). Arms the queue itself.
   * `solicitedOnly`: until there may be one that the peer solicited, or that failed.
   */
  waitForEvent(timeout: i64, solicitedOnly: bool = false): void {
    const events = this.ring.record + QUEUE_EVENTS;
    const seen = atomic.load<i32>(events);
    this.requestNotify(solicitedOnly);
    if (this.isEmpty) wait(events, seen, timeout);
  }
}
