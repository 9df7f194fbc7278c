import {
  QPS_ERR,
  QPS_SQE,
  QUEUE_CONSUMER,
  SEND_SIGNALED,
  WC_RECV,
  WC_SUCCESS,
  WC_WR_FLUSH_ERR,
  WQE_ID,
  WQE_OPCODE,
} from "@nomad/abi";
import { type Completion, type CompletionQueue, emptyCompletion } from "./completion-queue.ts";
import type { HcaContext } from "./context.ts";
import { planted } from "./mutants.ts";
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

  /**
   * The oldest started send is done; only a success may be silent. Its slot is free at once, signaled or not: a program need
   * not wait for a later completion to post again, as it must where a library counts slots by completions.
   */
  send(qp: QueuePair, status: number): void {
    const { requester } = qp;
    const { started } = requester;
    const index = requester.consumer;
    const slot = qp.sq.slot(index);
    const wr = started.wr[slot] ?? unknownOperation;
    const signaled = qp.signalAll || ((started.flags[slot] as number) & SEND_SIGNALED) !== 0;
    if (wr.fetches) requester.fetchesOutstanding--;
    const bytes = started.bytes[slot] as number;
    const completion = this.#begin(qp, qp.sq, index, status, wr.completion, bytes);
    requester.consumer = (index + 1) >>> 0;
    qp.sq.store(QUEUE_CONSUMER, requester.consumer);
    if (status !== WC_SUCCESS) qp.counters.req_cqe_error++;
    if (signaled || (status !== WC_SUCCESS && !planted.loseUnsignaledErrors)) this.#push(qp.sendCq, completion);
    if (planted.completeTwice) this.#push(qp.sendCq, completion);
  }

  /** The receive work request that is held is done: what its completion says, to be filled in and given to `endReceive`. */
  beginReceive(qp: QueuePair, status: number, opcode: number, bytes: number): Completion {
    const { receive } = qp.responder;
    return this.#fill(qp, receive.idLow, receive.idHigh, status, opcode, bytes);
  }

  endReceive(qp: QueuePair, completion: Completion): void {
    if (qp.srq === null) qp.receives.advance();
    qp.responder.holdsReceive = false;
    if (completion.status !== WC_SUCCESS) qp.counters.resp_cqe_error++;
    this.#push(qp.recvCq, completion);
  }

  /** The receive work request that is held fails; nothing but its status counts. */
  failReceive(qp: QueuePair, status: number): void {
    this.endReceive(qp, this.beginReceive(qp, status, WC_RECV, 0));
  }

  /** The queue pair fails: nothing more is started, and all that is posted is flushed. */
  enterError(qp: QueuePair): void {
    if (qp.state === QPS_ERR) return;
    qp.stir();
    qp.state = QPS_ERR;
    this.#context.timers.cancel(qp);
    qp.responder.closeMessage();
    this.flush(qp);
  }

  /** A send has failed on an unreliable transport: nothing more is sent, but received as ever (IBA 10.3.1.6). */
  enterSendError(qp: QueuePair): void {
    if (qp.state === QPS_ERR || qp.state === QPS_SQE) return;
    qp.stir();
    qp.state = QPS_SQE;
    this.flush(qp);
  }

  /** Flushes what is posted to a queue pair in an error state. A frozen one is flushed when it is thawed. */
  flush(qp: QueuePair): void {
    if (qp.frozen || (qp.state !== QPS_ERR && qp.state !== QPS_SQE) || planted.forgetFlush) return;
    this.#flushSends(qp);
    if (qp.state === QPS_ERR) this.#flushReceives(qp);
    this.#context.drained(qp);
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
    if (qp.srq !== null) {
      this.#flushTaken(qp);
      return;
    }
    const { receives, responder } = qp;
    responder.holdsReceive = false;
    for (let left = posted(receives.ring, receives.consumer, receives.ring.producer); left > 0; left--) {
      receives.load(responder.receive);
      const { idLow, idHigh } = responder.receive;
      const completion = this.#fill(qp, idLow, idHigh, WC_WR_FLUSH_ERR, WC_RECV, 0);
      receives.advance();
      qp.counters.resp_cqe_flush_error++;
      this.#push(qp.recvCq, completion);
    }
    receives.discard();
  }

  /** What was taken from a shared queue for a message that never ended; what is left there is for others. */
  #flushTaken(qp: QueuePair): void {
    const { responder } = qp;
    if (responder.holdsReceive) {
      qp.counters.resp_cqe_flush_error++;
      this.failReceive(qp, WC_WR_FLUSH_ERR);
    }
    if (responder.lastWqeTold) return;
    responder.lastWqeTold = true;
    this.#context.events.asyncEvent({ kind: "QP_LAST_WQE_REACHED", qpn: qp.qpn });
  }

  #begin(qp: QueuePair, ring: Ring, index: number, status: number, opcode: number, bytes: number): Completion {
    const at = ring.address(index);
    const { view } = ring.memory;
    const idLow = view.getUint32(at + WQE_ID, true);
    return this.#fill(qp, idLow, view.getUint32(at + WQE_ID + 4, true), status, opcode, bytes);
  }

  #fill(qp: QueuePair, idLow: number, idHigh: number, status: number, opcode: number, bytes: number): Completion {
    const completion = this.#completion;
    completion.idLow = idLow;
    completion.idHigh = idHigh;
    completion.status = status;
    completion.opcode = opcode;
    completion.byteLen = bytes;
    completion.immediate = 0;
    completion.flags = 0;
    completion.qpNum = qp.userIndex;
    completion.srcQp = 0;
    completion.slid = 0;
    completion.pkeyIndex = 0;
    completion.solicited = false;
    return completion;
  }

  #push(cq: CompletionQueue, completion: Completion): void {
    const outcome = cq.push(completion);
    if (outcome === "event") {
      cq.channel?.raise(cq.cqn);
      this.#context.events.completionEvent(cq.cqn);
    }
    if (outcome === "overrun") this.#overrun(cq);
  }

  /** A completion is lost: no queue pair that completes here can go on (IBA 11.2.8). */
  #overrun(cq: CompletionQueue): void {
    this.#context.events.asyncEvent({ kind: "CQ_ERR", cqn: cq.cqn });
    for (const qp of this.#membersOf(cq)) {
      if (qp.state === QPS_ERR) continue;
      this.#context.events.asyncEvent({ kind: "QP_FATAL", qpn: qp.qpn });
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
