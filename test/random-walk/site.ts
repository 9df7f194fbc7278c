import type { Qpn, Random } from "@nomad/base";
import type {
  AsyncEvent,
  CompletionQueue,
  Context,
  MemoryRegion,
  ProtectionDomain,
  SharedReceiveQueue,
} from "@nomad/verbs";
import { access, multicastGroup, readyUd } from "@nomad/verbs";
import { End, RECEIVE_IDS, type Receive, SLOT_BYTES } from "./end.ts";
import { ModelledMemory } from "./memory.ts";

const POOL_SLOTS = 16;
export const QKEY = 0x5150;
/** All ends for datagrams are in it. */
export const GROUP = multicastGroup(0xc007);

/** A shared receive queue, and what is posted to it. */
export class Pool {
  readonly srq: SharedReceiveQueue;
  readonly memory: ModelledMemory;
  readonly posted = new Map<number, Receive>();
  /** How many of them messages under way will take. */
  promised = 0;
  readonly #mr: MemoryRegion;
  #free = Array.from({ length: POOL_SLOTS }, (_, i) => i * SLOT_BYTES);
  #nextId = 2 * RECEIVE_IDS;

  constructor(context: Context, pd: ProtectionDomain) {
    this.srq = pd.createSrq({ maxWr: POOL_SLOTS, maxSge: 1 });
    this.memory = new ModelledMemory(context, POOL_SLOTS * SLOT_BYTES);
    this.#mr = pd.regMr(this.memory.buffer, access.LOCAL_WRITE);
  }

  /** False when it is full. */
  post(): boolean {
    const offset = this.#free.pop();
    if (offset === undefined) return false;
    const wrId = this.#nextId++;
    this.srq.postRecv({ wrId, sgList: [this.#mr.sge(offset, SLOT_BYTES)] });
    this.posted.set(wrId, { wrId, offset, length: SLOT_BYTES });
    return true;
  }

  close(): void {
    this.srq.destroy();
    this.#mr.dereg();
    this.memory[Symbol.dispose]();
  }

  take(wrId: number): Receive | null {
    const receive = this.posted.get(wrId) ?? null;
    this.posted.delete(wrId);
    if (receive === null) return null;
    this.promised--;
    this.#free.push(receive.offset);
    return receive;
  }
}

/** A context, and what is in it. */
export class Site {
  readonly context: Context;
  readonly pds: readonly ProtectionDomain[];
  readonly cqs: readonly CompletionQueue[];
  readonly pools: readonly Pool[];
  /** Of its heap, before anything was made. */
  readonly freeBytes: number;
  /** By queue pair number. */
  readonly ends = new Map<number, End>();
  /** Asynchronous events that are to come. */
  events: AsyncEvent[] = [];
  /** Its one queue pair for datagrams. */
  readonly datagrams: End;
  readonly #random: Random;

  constructor(context: Context, random: Random) {
    this.context = context;
    this.#random = random;
    this.freeBytes = context.heap.freeBytes;
    this.pds = [context.allocPd(), context.allocPd()];
    this.cqs = [context.createCq({ entries: 512 }), context.createCq({ entries: 512 })];
    this.pools = this.pds.map((pd) => new Pool(context, pd));
    this.datagrams = new End(this, { type: "UD", pd: random.pick(this.pds), pool: null, sqSigAll: true });
    readyUd(this.datagrams.qp, QKEY);
    this.datagrams.qp.attachMcast(GROUP);
  }

  anyCq(): CompletionQueue {
    return this.#random.pick(this.cqs);
  }

  expectQpEvent(kind: "QP_ACCESS_ERR" | "QP_REQ_ERR" | "QP_LAST_WQE_REACHED", qpn: number): void {
    this.events.push({ kind, qpn: qpn as Qpn });
  }
}
