import {
  QPS_ERR,
  QUEUE_CONSUMER,
  SEND_SIGNALED,
  WC_RECV,
  WC_SUCCESS,
  WC_WITH_IMM,
  WC_WR_FLUSH_ERR,
  WQE_ID,
  WQE_OPCODE,
} from "@nomad/abi";
import { type Completion, type CompletionQueue, emptyCompletion } from "./completion-queue.ts";
import type { HcaContext } from "./context.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { Ring } from "./ring.ts";
import { sendOperations, unknownOperation } from "./work-request.ts";

/** Completes work requests, in order; and moves queue pairs to the error state, where all that is posted is flushed. */
export class Completions {
  readonly #context: HcaContext;
  readonly #members = new Map<CompletionQueue, Set<QueuePair>>();
  readonly #completion = emptyCompletion();

  constructor(context: HcaContext) {
    this.#context = context;
  }

  /** The queue pair completes its work in its two queues from now on. */
  join(qp: QueuePair): void {
    for (const cq of [qp.sendCq, qp.recvCq]) this.#membersOf(cq).add(qp);
  }

  leave(qp: QueuePair): void {
    for (const cq of [qp.sendCq, qp.recvCq]) this.#membersOf(cq).delete(qp);
  }

  inUse(cq: CompletionQueue): boolean {
    return this.#membersOf(cq).size > 0;
  }

  forget(cq: CompletionQueue): void {
    this.#members.delete(cq);
  }

  /** The oldest started send is done; only a success may be silent. */
  send(qp: QueuePair, status: number): void {
    const requester = qp.requester;
    const index = requester.consumer;
    const slot = qp.sq.slot(index);
    const wr = requester.wr[slot] ?? unknownOperation;
    const signaled = qp.init.signalAll || ((requester.flags[slot] as number) & SEND_SIGNALED) !== 0;
    if (wr.fetches) requester.fetchesOutstanding--;
    const bytes = requester.bytes[slot] as number;
    const completion = this.#begin(qp, qp.sq, index, status, wr.completion, bytes);
    requester.consumer = (index + 1) >>> 0;
    qp.sq.store(QUEUE_CONSUMER, requester.consumer);
    if (status !== WC_SUCCESS) qp.counters.req_cqe_error++;
    if (signaled || status !== WC_SUCCESS) this.#push(qp.sendCq, completion);
  }

  /** The receive work request of the open message is done. `immediate` is null when there is none. */
  receive(
    qp: QueuePair,
    status: number,
    opcode: number,
    bytes: number,
    immediate: number | null,
    solicited: boolean,
  ): void {
    const responder = qp.responder;
    const index = responder.consumer;
    const completion = this.#begin(qp, qp.rq, index, status, opcode, bytes);
    completion.immediate = immediate ?? 0;
    completion.flags = immediate === null ? 0 : WC_WITH_IMM;
    completion.solicited = solicited;
    responder.consumer = (index + 1) >>> 0;
    responder.holdsReceive = false;
    qp.rq.store(QUEUE_CONSUMER, responder.consumer);
    if (status !== WC_SUCCESS) qp.counters.resp_cqe_error++;
    this.#push(qp.recvCq, completion);
  }

  /** The queue pair fails: nothing more is started, and all that is posted is flushed. */
  enterError(qp: QueuePair): void {
    if (qp.state === QPS_ERR) return;
    qp.state = QPS_ERR;
    this.#context.timers.cancel(qp);
    qp.responder.closeMessage();
    this.flush(qp);
  }

  /** Flushes what is posted to a queue pair in the error state. A frozen one is flushed when it is thawed. */
  flush(qp: QueuePair): void {
    if (qp.frozen || qp.state !== QPS_ERR) return;
    this.#flushSends(qp);
    this.#flushReceives(qp);
    this.#context.gates.drained(qp);
  }

  #flushSends(qp: QueuePair): void {
    const requester = qp.requester;
    const end = qp.sq.producer;
    for (let left = posted(qp.sq, requester.consumer, end); left > 0; left--) {
      const index = requester.consumer;
      const wr = sendOperations[qp.sq.memory.view.getUint32(qp.sq.address(index) + WQE_OPCODE, true)];
      const completion = this.#begin(qp, qp.sq, index, WC_WR_FLUSH_ERR, (wr ?? unknownOperation).completion, 0);
      requester.abandon((index + 1) >>> 0);
      qp.counters.req_cqe_flush_error++;
      this.#push(qp.sendCq, completion);
    }
    requester.abandon(end);
    qp.sq.store(QUEUE_CONSUMER, end);
  }

  #flushReceives(qp: QueuePair): void {
    const responder = qp.responder;
    const end = qp.rq.producer;
    for (let left = posted(qp.rq, responder.consumer, end); left > 0; left--) {
      const index = responder.consumer;
      const completion = this.#begin(qp, qp.rq, index, WC_WR_FLUSH_ERR, WC_RECV, 0);
      responder.consumer = (index + 1) >>> 0;
      qp.counters.resp_cqe_flush_error++;
      this.#push(qp.recvCq, completion);
    }
    responder.consumer = end;
    qp.rq.store(QUEUE_CONSUMER, end);
  }

  #begin(qp: QueuePair, ring: Ring, index: number, status: number, opcode: number, bytes: number): Completion {
    const at = ring.address(index);
    const completion = this.#completion;
    completion.idLow = ring.memory.view.getUint32(at + WQE_ID, true);
    completion.idHigh = ring.memory.view.getUint32(at + WQE_ID + 4, true);
    completion.status = status;
    completion.opcode = opcode;
    completion.byteLen = bytes;
    completion.immediate = 0;
    completion.flags = 0;
    completion.qpNum = qp.init.userIndex;
    completion.solicited = false;
    return completion;
  }

  #push(cq: CompletionQueue, completion: Completion): void {
    const outcome = cq.push(completion);
    if (outcome === "event") this.#context.events.completionEvent(cq.cqn);
    if (outcome === "overrun") this.#overrun(cq);
  }

  /** A completion is lost: no queue pair that completes here can go on (IBA 11.2.8). */
  #overrun(cq: CompletionQueue): void {
    this.#context.events.asyncEvent({ kind: "cq-error", cqn: cq.cqn });
    for (const qp of this.#membersOf(cq)) {
      if (qp.state === QPS_ERR) continue;
      this.#context.events.asyncEvent({ kind: "qp-fatal", qpn: qp.qpn });
      this.enterError(qp);
    }
  }

  #membersOf(cq: CompletionQueue): Set<QueuePair> {
    const members = this.#members.get(cq) ?? new Set<QueuePair>();
    this.#members.set(cq, members);
    return members;
  }
}

/** Entries posted and not completed, never more than there are, whatever the guest has written. */
function posted(ring: Ring, consumer: number, producer: number): number {
  return Math.min((producer - consumer) >>> 0, ring.entries);
}
