import { NomadError } from "@nomad/base";
import type { SrqQuery } from "@nomad/hca";
import { locationAt, RecvQueue, recvQueueBytes } from "@nomad/hca/queues";
import { HeapBlock } from "./heap.ts";
import { powerOfTwo } from "./power-of-two.ts";
import type { ProtectionDomain } from "./protection-domain.ts";
import { EPOCH, type RecvWr, toRecvRequest } from "./work-request.ts";

export interface SharedReceiveQueueOptions {
  /** Work requests that it can hold; rounded up to a power of two. */
  readonly maxWr: number;
  /** Elements of one work request. Default 4. */
  readonly maxSge?: number;
}

/** What `modify` changes. */
export interface SrqChange {
  /** An event SRQ_LIMIT_REACHED comes, once, when fewer work requests than this are left. */
  readonly limit?: number;
  /** Work requests that it can hold from now on; those that are posted stay. */
  readonly maxWr?: number;
}

/** A receive queue that several queue pairs take from. */
export class SharedReceiveQueue implements Disposable {
  readonly pd: ProtectionDomain;
  readonly srqn: number;
  readonly #maxSge: number;
  #buffer: DisposableStack;
  #queue: RecvQueue;
  #destroyed = false;

  constructor(pd: ProtectionDomain, { maxWr, maxSge = 4 }: SharedReceiveQueueOptions) {
    const { heap, hca } = pd.context;
    const entries = powerOfTwo(maxWr);
    using undo = new DisposableStack();
    const buffer = undo.use(new HeapBlock(heap, recvQueueBytes(entries, maxSge)));
    const location = locationAt(buffer.address, entries);
    this.pd = pd;
    this.#maxSge = maxSge;
    this.#queue = new RecvQueue(heap.memory, location, maxSge, EPOCH);
    this.srqn = hca.createSrq({ ...location, maxSge, pd: pd.handle, memory: heap.memory });
    this.#buffer = undo.move();
  }

  /** @throws NomadError E_QUEUE_FULL, E_VERB when there are too many elements, or it is destroyed */
  postRecv(wr: RecvWr): void {
    if (this.#destroyed) throw new NomadError("E_VERB", "the shared receive queue is destroyed");
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

  /** @throws NomadError E_VERB for a limit above its size, or a size that is too small for what is posted; E_NO_MEMORY */
  modify({ limit, maxWr }: SrqChange): void {
    if (maxWr !== undefined) this.#resize(powerOfTwo(maxWr));
    if (limit !== undefined) this.pd.context.hca.modifySrq(this.srqn, { limit });
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

  #resize(entries: number): void {
    const { heap, hca } = this.pd.context;
    using undo = new DisposableStack();
    const buffer = undo.use(new HeapBlock(heap, recvQueueBytes(entries, this.#maxSge)));
    const location = locationAt(buffer.address, entries);
    hca.modifySrq(this.srqn, { location });
    this.#buffer.dispose();
    this.#buffer = undo.move();
    this.#queue = new RecvQueue(heap.memory, location, this.#maxSge, EPOCH);
  }
}
