import { NomadError } from "@nomad/base";
import type { SrqQuery } from "@nomad/hca";
import { locationAt, RecvQueue, recvQueueBytes } from "@nomad/hca/queues";
import { HeapBuffer } from "./heap.ts";
import { powerOfTwo } from "./power-of-two.ts";
import type { ProtectionDomain } from "./protection-domain.ts";
import { EPOCH, type RecvWr, toRecvRequest } from "./work-request.ts";

export interface SharedReceiveQueueOptions {
  /** Work requests that it can hold; rounded up to a power of two. */
  readonly maxWr: number;
  /** Elements of one work request. Default 4. */
  readonly maxSge?: number;
}

/** A receive queue that several queue pairs take from. */
export class SharedReceiveQueue implements Disposable {
  readonly pd: ProtectionDomain;
  readonly srqn: number;
  readonly #maxSge: number;
  readonly #buffer: DisposableStack;
  readonly #queue: RecvQueue;
  #destroyed = false;

  constructor(pd: ProtectionDomain, { maxWr, maxSge = 4 }: SharedReceiveQueueOptions) {
    const { heap, hca } = pd.context;
    const entries = powerOfTwo(maxWr);
    using undo = new DisposableStack();
    const buffer = undo.use(new HeapBuffer(heap, recvQueueBytes(entries, maxSge)));
    const location = locationAt(buffer.address, entries);
    this.pd = pd;
    this.#maxSge = maxSge;
    this.#queue = new RecvQueue(heap.memory, location, maxSge, EPOCH);
    this.srqn = hca.createSrq({ ...location, maxSge, pd: pd.handle, memory: heap.memory });
    this.#buffer = undo.move();
  }

  /** @throws NomadError E_QUEUE_FULL, E_VERB when there are too many elements */
  postRecv(wr: RecvWr): void {
    const { used, location } = this.#queue;
    if (used >= location.entries) {
      throw new NomadError("E_QUEUE_FULL", `all ${location.entries} work requests of the queue are outstanding`);
    }
    const count = wr.sgList?.length ?? 0;
    if (count > this.#maxSge) {
      throw new NomadError("E_VERB", `${count} scatter-gather elements: at most ${this.#maxSge} fit`);
    }
    this.#queue.post(toRecvRequest(wr));
  }

  /** An event SRQ_LIMIT_REACHED comes, once, when fewer than `limit` work requests are left. */
  modify(change: { readonly limit: number }): void {
    this.pd.context.hca.modifySrq(this.srqn, change);
  }

  query(): SrqQuery {
    return this.pd.context.hca.querySrq(this.srqn);
  }

  /** @throws NomadError E_BUSY while queue pairs take from it. */
  destroy(): void {
    if (this.#destroyed || this.pd.context.closed) return;
    this.pd.context.hca.destroySrq(this.srqn);
    this.#destroyed = true;
    this.#buffer.dispose();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}
