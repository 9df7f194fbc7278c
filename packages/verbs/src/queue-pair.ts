import { SEND_WQE_REMOTE_EPOCH, SEND_WQE_V_RKEY, SGE_BYTES } from "@nomad/abi";
import type { Qp as EnrolledQp, RemoteName } from "@nomad/backend";
import { NomadError, type Qpn } from "@nomad/base";
import type { Counters, WorkRing } from "@nomad/hca";
import { RecvQueue, recvQueueBytes, SendQueue, sendQueueBytes, workRingAt } from "@nomad/hca/queues";
import type { MulticastGroup } from "./address-handle.ts";
import type { CompletionQueue } from "./completion-queue.ts";
import { HeapBlock } from "./heap.ts";
import { type QpType, qpTypes } from "./names.ts";
import { powerOfTwo } from "./power-of-two.ts";
import type { ProtectionDomain } from "./protection-domain.ts";
import { type QpAttributes, type QpQuery, toAttributes, toQuery } from "./qp-attributes.ts";
import type { SharedReceiveQueue } from "./shared-receive-queue.ts";
import { EPOCH, type RecvWr, type SendWr, toRecvRequest, toSendRequest } from "./work-request.ts";

export interface QueuePairOptions {
  /** Reliable connection (the default), unreliable connection, or unreliable datagrams. */
  readonly type?: QpType;
  readonly sendCq: CompletionQueue;
  readonly recvCq: CompletionQueue;
  /** Where receives are taken from, in place of a receive queue of its own (RC and UD). */
  readonly srq?: SharedReceiveQueue;
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

/** A send queue and a receive queue: a connection, or an end for datagrams. */
export class QueuePair implements Disposable {
  readonly pd: ProtectionDomain;
  readonly type: QpType;
  /** Its name, for its life. */
  readonly qpn: number;
  readonly maxInlineData: number;
  readonly #sendCq: CompletionQueue;
  readonly #recvCq: CompletionQueue;
  readonly #maxRecvSge: number;
  readonly #userIndex: number;
  /** The memory of its queues. */
  readonly #block: HeapBlock;
  readonly #sq: SendQueue;
  readonly #rq: RecvQueue | null;
  readonly #enrolled: EnrolledQp | null;
  #destroyed = false;

  /** Queue pair 1 of the port, where managers of other ports find its own. @throws NomadError E_BUSY when there is one */
  static gsi(pd: ProtectionDomain, options: QueuePairOptions): QueuePair {
    return new QueuePair(pd, options, pd.context.hca.reserveGsi());
  }

  /** Under the number `reserved`, when one is given. */
  constructor(pd: ProtectionDomain, options: QueuePairOptions, reserved?: Qpn) {
    const { maxSendWr = 128, maxRecvWr = 128, maxRecvSge = 4, maxInlineData = 64, srq } = options;
    const { context } = pd;
    const { memory } = context.heap;
    this.pd = pd;
    this.type = options.type ?? "RC";
    if (!(this.type in qpTypes)) throw new NomadError("E_VERB", `no queue pair is of type ${this.type}`);
    this.#sendCq = options.sendCq;
    this.#recvCq = options.recvCq;
    this.#maxRecvSge = maxRecvSge;
    const maxSendSge = Math.max(options.maxSendSge ?? 4, Math.ceil(maxInlineData / SGE_BYTES));
    this.maxInlineData = maxSendSge * SGE_BYTES;
    const [sendEntries, recvEntries] = [powerOfTwo(maxSendWr), powerOfTwo(maxRecvWr)];
    const sendBytes = sendQueueBytes(sendEntries, maxSendSge);
    const recvBytes = srq ? 0 : recvQueueBytes(recvEntries, maxRecvSge);
    using undo = new DisposableStack();
    this.#block = undo.use(new HeapBlock(context.heap, sendBytes + recvBytes));
    const { address } = this.#block;
    const sq = workRingAt(address, sendEntries, maxSendSge);
    const rq = srq ? null : workRingAt(address + sendBytes, recvEntries, maxRecvSge);
    this.#sq = new SendQueue(memory, sq, maxSendSge, EPOCH);
    this.#rq = rq && new RecvQueue(memory, rq, maxRecvSge, EPOCH);
    this.#userIndex = context.takeUserIndex();
    const qpn = context.hca.createQp({
      type: qpTypes[this.type],
      pd: pd.handle,
      memory,
      sq,
      ...(rq && { rq }),
      ...(srq && { srq: srq.srqn }),
      sendCq: options.sendCq.cqn,
      recvCq: options.recvCq.cqn,
      signalAll: options.sqSigAll ?? true,
      userIndex: this.#userIndex,
      localEpoch: EPOCH,
    });
    this.qpn = reserved === undefined ? qpn : context.hca.renumber(qpn, reserved);
    undo.move();
    this.#enrolled = reserved === undefined && this.type !== "UD" ? this.#enrol(options, sq, rq) : null;
    context.adoptQp(this.#userIndex, this);
  }

  /** The state to go to, and attributes. @throws NomadError E_STATE when ibv_modify_qp(3) forbids it, E_VERB a wrong value */
  modify(attributes: QpAttributes): void {
    const { hca, port } = this.pd.context;
    hca.modifyQp(this.number, toAttributes(attributes), port.clock.now());
    if (this.#enrolled && (attributes.state === "RESET" || attributes.dlid !== undefined)) this.#enrolled.remote = null;
    port.turnSoon();
  }

  /** Its number at the adapter, and in packets: another one after a move of the guest that it is connected to. */
  get number(): Qpn {
    return this.#enrolled?.qpn ?? (this.qpn as Qpn);
  }

  #enrol(options: QueuePairOptions, sq: WorkRing, rq: WorkRing | null): EnrolledQp | null {
    const { sendCq, recvCq, srq, sqSigAll = true } = options;
    return (
      this.pd.context.port.names?.enrol(this.qpn, {
        type: qpTypes[this.type],
        pd: this.pd.handle,
        sendCq: sendCq.cqn,
        recvCq: recvCq.cqn,
        sq,
        rq,
        srq: srq?.srqn ?? null,
        signalAll: sqSigAll,
      }) ?? null
    );
  }

  /** To RTR, towards a guest's queue pair, with the attributes that the path does not tell. @internal */
  async connect(remote: RemoteName, attributes: QpAttributes): Promise<void> {
    const { names } = this.pd.context;
    if (this.#enrolled === null) throw new NomadError("E_VERB", `a ${this.type} queue pair connects to nobody`);
    await names.connect(this.#enrolled, remote, toAttributes(attributes));
  }

  /** Neither it nor its context has been destroyed. */
  get alive(): boolean {
    return !this.#destroyed && !this.pd.context.closed;
  }

  query(): QpQuery {
    return toQuery(this.pd.context.hca.queryQp(this.number));
  }

  /** Its own counters, as they stand now. */
  queryCounters(): Counters {
    return this.pd.context.hca.qpCounters(this.number);
  }

  /** @throws NomadError E_QUEUE_FULL, E_VERB when there are too many elements or bytes inline, or it is destroyed */
  postSend(wr: SendWr): void {
    this.#checkExists();
    const request = toSendRequest(wr);
    this.#checkRoom(this.#sq.used, this.#sq.location.entries);
    if ((request.inline?.length ?? 0) > this.maxInlineData) {
      throw new NomadError("E_VERB", `${request.inline?.length} bytes inline: at most ${this.maxInlineData} fit`);
    }
    this.#checkSges(request.sges?.length ?? 0, this.maxInlineData / SGE_BYTES);
    const at = this.#sq.post(request);
    if (this.#enrolled?.remote) this.#nameKey(at, request.rkey ?? 0);
    this.#ring();
  }

  /** @throws NomadError E_QUEUE_FULL, E_VERB when there are too many elements, or it is destroyed */
  postRecv(wr: RecvWr): void {
    this.#checkExists();
    if (this.#rq === null) throw new NomadError("E_VERB", "it takes receives from a shared queue: post there");
    this.#checkRoom(this.#rq.used, this.#rq.location.entries);
    this.#checkSges(wr.sgList?.length ?? 0, this.#maxRecvSge);
    this.#rq.post(toRecvRequest(wr));
    // In the error state it is flushed at once; in no state is there something to send.
    this.pd.context.hca.doorbell(this.number);
  }

  /** A UD queue pair takes what is sent to the group. @throws NomadError E_VERB */
  attachMcast({ mgid, mlid }: MulticastGroup): void {
    this.pd.context.hca.attachMcast(this.number, mgid, mlid);
  }

  detachMcast({ mgid, mlid }: MulticastGroup): void {
    this.pd.context.hca.detachMcast(this.number, mgid, mlid);
  }

  /** What it has not done is forgotten, and so are its completions that were not polled. @throws NomadError E_BUSY while it is in a multicast group. */
  destroy(): void {
    const { context } = this.pd;
    if (!this.alive) return;
    context.hca.destroyQp(this.number);
    if (this.#enrolled) context.port.names?.withdraw(this.#enrolled);
    this.#destroyed = true;
    for (const cq of new Set([this.#sendCq, this.#recvCq])) cq.removeOf(this.#userIndex);
    context.forgetQp(this.#userIndex);
    this.#block.free();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** The key is a guest's name for it: what it stands for now is looked up. */
  #nameKey(wqe: number, key: number): void {
    const { view } = this.pd.context.heap.memory;
    view.setUint32(wqe + SEND_WQE_V_RKEY, key, true);
    view.setUint32(wqe + SEND_WQE_REMOTE_EPOCH, 0, true);
  }

  #ring(): void {
    const { hca, port } = this.pd.context;
    hca.doorbell(this.number);
    port.turnSoon();
  }

  /** The memory of a destroyed one may be another's by now. */
  #checkExists(): void {
    if (this.#destroyed) throw new NomadError("E_VERB", `queue pair ${this.qpn} is destroyed`);
  }

  #checkRoom(used: number, entries: number): void {
    if (used >= entries)
      throw new NomadError("E_QUEUE_FULL", `all ${entries} work requests of the queue are outstanding`);
  }

  #checkSges(count: number, max: number): void {
    if (count > max) throw new NomadError("E_VERB", `${count} scatter-gather elements: at most ${max} fit`);
  }
}
