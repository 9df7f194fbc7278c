import type { Psn, RKey } from "@nomad/base";
import type { Range } from "./keyed.ts";
import type { MemoryRegions } from "./memory-region.ts";
import { ResponseQueue } from "./response-queue.ts";
import { RecvRequest } from "./work-request.ts";

/** The receiving half of a queue pair. */
export class ResponderState {
  expectedPsn = 0 as Psn;
  /** Messages completed, 24 bits. */
  msn = 0;
  /** The message of which some packets have come. */
  message: "none" | "send" | "write" = "none";
  /** Bytes of it that have come. */
  received = 0;
  /** Bytes of an RDMA WRITE that had come when it was cut: it goes on as a WRITE of the rest. */
  carried = 0;
  /** Is a receive work request loaded for the open message: the next of its own queue, or one that a shared queue gave away? */
  holdsReceive = false;
  /** The target of the open WRITE: looked up under `writeGeneration`, null for a WRITE of no bytes. */
  writeAddress = 0;
  writeRkey = 0 as RKey;
  writeLength = 0;
  writeRange: Range | null = null;
  writeGeneration = -1;
  /** The code of the NAK that has ended this connection, or null. */
  refusal: number | null = null;
  /** A NAK asked for `expectedPsn`: later packets are dropped until it comes. */
  nakSent = false;
  /** Has its owner been told that the peer has sent something? */
  established = false;
  /** In the error state: has its owner been told that it takes nothing more from its shared queue? */
  lastWqeTold = false;
  /** Results of the last atomics, oldest first. */
  readonly atomics: { psn: Psn; original: bigint }[] = [];
  responses = new ResponseQueue(0);

  readonly #regions: MemoryRegions;
  #receive: RecvRequest | null = null;

  constructor(regions: MemoryRegions) {
    this.#regions = regions;
  }

  /** The receive work request that was last taken: made for the first. */
  get receive(): RecvRequest {
    this.#receive ??= new RecvRequest(this.#regions);
    return this.#receive;
  }

  /** No message is open any more. A receive work request taken for it is kept for the next. */
  closeMessage(): void {
    this.message = "none";
    this.received = 0;
    this.writeRange = null;
  }

  /** An open message begins anew: a SEND from its first byte, a WRITE where it stopped, for its bytes may have been seen. */
  rewind(): void {
    if (this.message === "write") this.carried += this.received;
    this.nakSent = false;
    this.responses.clear();
    this.closeMessage();
  }

  /** Nothing has come yet, and the first request will have this PSN. */
  restartAt(psn: Psn): void {
    this.expectedPsn = psn;
    this.msn = 0;
    this.carried = 0;
    this.refusal = null;
    this.nakSent = false;
    this.established = false;
    this.atomics.length = 0;
    this.responses.clear();
    this.holdsReceive = false;
    this.lastWqeTold = false;
    this.closeMessage();
  }

  /** Keeps an atomic's result, and of older ones as many as the requester may have under way. */
  recordAtomic(psn: Psn, original: bigint, recordsMax: number): void {
    this.atomics.push({ psn, original });
    if (this.atomics.length > recordsMax) this.atomics.shift();
  }

  /** The recorded result of a duplicate, or null. */
  atomicResult(psn: Psn): bigint | null {
    return this.atomics.find((record) => record.psn === psn)?.original ?? null;
  }
}
