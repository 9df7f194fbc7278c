import { SGE_BYTES } from "@nomad/abi";
import { NomadError, type Qpn } from "@nomad/base";
import { locationAt, RecvQueue, recvQueueBytes, SendQueue, sendQueueBytes } from "@nomad/hca/testing";
import type { CompletionQueue } from "./completion-queue.ts";
import { HeapBuffer } from "./heap.ts";
import { powerOfTwo } from "./power-of-two.ts";
import type { ProtectionDomain } from "./protection-domain.ts";
import { type QpAttributes, type QpQuery, toAttributes, toQuery } from "./qp-attributes.ts";
import { type RecvWr, type SendWr, toRecvRequest, toSendRequest } from "./work-request.ts";

export interface QueuePairOptions {
  readonly sendCq: CompletionQueue;
  readonly recvCq: CompletionQueue;
  /** Work requests that each queue can hold; rounded up to a power of two. Default 128. */
  readonly maxSendWr?: number;
  readonly maxRecvWr?: number;
  /** Elements of one work request. Default 4. */
  readonly maxSendSge?: number;
  readonly maxRecvSge?: number;
  /** Bytes that a work request can carry itself. Default 64. */
  readonly maxInlineData?: number;
  /** Does every send complete? Otherwise those with `signaled`, and all that fail. Default true. */
  readonly sqSigAll?: boolean;
}

/** There are no virtual names here: the keys in a work request are the adapter's, and always valid. */
const EPOCH = 1;

/** A reliable connection: a send queue and a receive queue. */
export class QueuePair implements Disposable {
  readonly pd: ProtectionDomain;
  readonly qpn: number;
  readonly maxInlineData: number;
  readonly #options: QueuePairOptions;
  readonly #userIndex: number;
  readonly #buffers: DisposableStack;
  readonly #sq: SendQueue;
  readonly #rq: RecvQueue;
  #destroyed = false;

  constructor(pd: ProtectionDomain, options: QueuePairOptions) {
    const { maxSendWr = 128, maxRecvWr = 128, maxRecvSge = 4, maxInlineData = 64 } = options;
    const { context } = pd;
    const { heap, hca } = context;
    this.pd = pd;
    this.#options = options;
    const maxSendSge = Math.max(options.maxSendSge ?? 4, Math.ceil(maxInlineData / SGE_BYTES));
    this.maxInlineData = maxSendSge * SGE_BYTES;
    const sendWrs = powerOfTwo(maxSendWr);
    const recvWrs = powerOfTwo(maxRecvWr);
    using undo = new DisposableStack();
    const send = undo.use(new HeapBuffer(heap, sendQueueBytes(sendWrs, maxSendSge)));
    const recv = undo.use(new HeapBuffer(heap, recvQueueBytes(recvWrs, maxRecvSge)));
    const sq = { ...locationAt(send.address, sendWrs), maxSge: maxSendSge };
    const rq = { ...locationAt(recv.address, recvWrs), maxSge: maxRecvSge };
    this.#sq = new SendQueue(heap.memory, sq, maxSendSge, EPOCH);
    this.#rq = new RecvQueue(heap.memory, rq, maxRecvSge, EPOCH);
    this.#userIndex = context.takeUserIndex();
    this.qpn = hca.createQp({
      pd: pd.handle,
      memory: heap.memory,
      sq,
      rq,
      sendCq: options.sendCq.cqn,
      recvCq: options.recvCq.cqn,
      signalAll: options.sqSigAll ?? true,
      userIndex: this.#userIndex,
      localEpoch: EPOCH,
    });
    this.#buffers = undo.move();
    context.adoptQp(this.#userIndex, this);
  }

  /** The state to go to, and attributes. @throws NomadError E_STATE when ibv_modify_qp(3) forbids it, E_VERB a wrong value */
  modify(attributes: QpAttributes): void {
    const { hca, port } = this.pd.context;
    hca.modifyQp(this.qpn as Qpn, toAttributes(attributes), port.clock.now());
    port.turnSoon();
  }

  /** Neither it nor its context has been destroyed. */
  get alive(): boolean {
    return !this.#destroyed && !this.pd.context.closed;
  }

  query(): QpQuery {
    return toQuery(this.pd.context.hca.queryQp(this.qpn as Qpn));
  }

  /** Posts to the send queue. @throws NomadError E_QUEUE_FULL, E_VERB when there are too many elements or bytes inline */
  postSend(wr: SendWr): void {
    const request = toSendRequest(wr);
    this.#checkRoom(this.#sq.used, this.#sq.location.entries);
    if ((request.inline?.length ?? 0) > this.maxInlineData) {
      throw new NomadError("E_VERB", `${request.inline?.length} bytes inline: at most ${this.maxInlineData} fit`);
    }
    this.#checkSges(request.sges?.length ?? 0, this.maxInlineData / SGE_BYTES);
    this.#sq.post(request);
    this.#ring();
  }

  /** Posts to the receive queue. @throws NomadError E_QUEUE_FULL, E_VERB when there are too many elements */
  postRecv(wr: RecvWr): void {
    this.#checkRoom(this.#rq.used, this.#rq.location.entries);
    this.#checkSges(wr.sgList?.length ?? 0, this.#options.maxRecvSge ?? 4);
    this.#rq.post(toRecvRequest(wr));
    // In the error state it is flushed at once.
    this.#ring();
  }

  /** What it has not done is forgotten, and so are its completions that were not polled. */
  destroy(): void {
    const { context } = this.pd;
    if (!this.alive) return;
    this.#destroyed = true;
    context.hca.destroyQp(this.qpn as Qpn);
    const { sendCq, recvCq } = this.#options;
    for (const cq of new Set([sendCq, recvCq])) cq.removeOf(this.#userIndex);
    context.forgetQp(this.#userIndex);
    this.#buffers.dispose();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  #ring(): void {
    const { hca, port } = this.pd.context;
    hca.doorbell(this.qpn as Qpn);
    port.turnSoon();
  }

  #checkRoom(used: number, entries: number): void {
    if (used >= entries)
      throw new NomadError("E_QUEUE_FULL", `all ${entries} work requests of the queue are outstanding`);
  }

  #checkSges(count: number, max: number): void {
    if (count > max) throw new NomadError("E_VERB", `${count} scatter-gather elements: at most ${max} fit`);
  }
}
