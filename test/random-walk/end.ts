import {
  access,
  type MemoryRegion,
  type ProtectionDomain,
  type QpType,
  type QueuePair,
  type WcOpcode,
  type WcStatus,
} from "@nomad/verbs";
import { ModelledMemory } from "./memory.ts";
import type { Opening } from "./opening.ts";
import type { Pool, Site } from "./site.ts";

/** An end's memory: slots to send from and fetch into, slots for its peer to reach, slots to receive into, a counter. */
export const SLOT_BYTES = 6144;
export const SLOTS = 6;
export const MINE = 0;
export const THEIRS = SLOTS * SLOT_BYTES;
export const RECEIVES = 2 * SLOTS * SLOT_BYTES;
export const COUNTER = 3 * SLOTS * SLOT_BYTES;
const MEMORY_BYTES = COUNTER + 64;

const everything =
  access.LOCAL_WRITE | access.REMOTE_WRITE | access.REMOTE_READ | access.REMOTE_ATOMIC | access.MW_BIND;

/** A completion that is to come. Only what is given is compared. */
export interface Expected {
  /** Null: any of the shared pool. */
  readonly wrId: number | null;
  readonly status: WcStatus;
  readonly opcode?: WcOpcode;
  readonly byteLen?: number;
  readonly immediate?: number | null;
  readonly invalidated?: number | null;
  /** What is received, to be placed where the work request says. */
  readonly data?: Buffer;
}

/** A receive that is posted. */
export interface Receive {
  readonly wrId: number;
  readonly offset: number;
  readonly length: number;
}

/** A message that may arrive where the transport promises nothing. */
export interface Message {
  readonly data: Buffer;
  readonly immediate: number | null;
  /** By a WRITE with immediate: the data is not in the receive. */
  readonly written: boolean;
}

/** A WRITE of which the transport does not promise that it arrives, nor all of it. */
export interface LooseWrite {
  readonly offset: number;
  readonly data: Buffer;
}

/** Ids of receives are told from those of sends by their size. */
export const RECEIVE_IDS = 1_000_000_000;

export interface EndOptions {
  readonly type: QpType;
  readonly pd: ProtectionDomain;
  readonly pool: Pool | null;
  readonly sqSigAll: boolean;
}

/** A queue pair, its memory, and what is to happen to it. */
export class End {
  readonly site: Site;
  readonly pd: ProtectionDomain;
  readonly qp: QueuePair;
  readonly pool: Pool | null;
  readonly sqSigAll: boolean;
  readonly memory: ModelledMemory;
  readonly mr: MemoryRegion;
  /** Of its memory, the first one all of it with all rights; dead ones too. */
  readonly keys: Opening[] = [];
  peer: End | null = null;
  failed = false;
  posted: Receive[] = [];
  sends: Expected[] = [];
  receives: Expected[] = [];
  /** When not null, receives are one or other of these. */
  loose: Message[] | null = null;
  looseWrites: LooseWrite[] = [];
  #nextSend = 1;
  #nextReceive = RECEIVE_IDS;

  constructor(site: Site, { type, pd, pool, sqSigAll }: EndOptions) {
    this.site = site;
    this.pd = pd;
    this.pool = pool;
    this.sqSigAll = sqSigAll;
    const [sendCq, recvCq] = [site.anyCq(), site.anyCq()];
    const rings = { maxSendWr: 64, maxRecvWr: 16, sendCq, recvCq, sqSigAll };
    this.qp = pd.createQp({ type, ...rings, ...(pool && { srq: pool.srq }) });
    this.memory = new ModelledMemory(site.context, MEMORY_BYTES);
    this.mr = pd.regMr(this.memory.buffer, everything);
    const all = { offset: 0, length: MEMORY_BYTES, rights: everything, open: true };
    this.keys.push({ of: this.mr, pd, rkey: this.mr.rkey, ...all, owner: null, region: null });
    site.ends.set(this.qp.qpn, this);
  }

  /** Is it connected to an end that can talk with it? */
  get healthy(): boolean {
    return !this.failed && this.peer !== null && !this.peer.failed;
  }

  takeSendId(): number {
    return this.#nextSend++;
  }

  /** Posts a receive to its own queue; a failed one flushes it. */
  postReceive(length: number): void {
    const wrId = this.#nextReceive++;
    const offset = RECEIVES + (wrId % SLOTS) * SLOT_BYTES;
    this.qp.postRecv({ wrId, sgList: [this.mr.sge(offset, length)] });
    if (this.failed) this.receives.push({ wrId, status: "WC_WR_FLUSH_ERR" });
    else this.posted.push({ wrId, offset, length });
  }

  /** It goes to the error state: what it has posted is flushed. */
  fail(): void {
    if (this.failed) return;
    this.failed = true;
    for (const { wrId } of this.posted) this.receives.push({ wrId, status: "WC_WR_FLUSH_ERR" });
    this.posted = [];
    if (this.pool !== null) this.site.expectQpEvent("QP_LAST_WQE_REACHED", this.qp.qpn);
  }
}
