import { NomadError } from "@nomad/base";
import { planted } from "./mutants.ts";
import { ReceiveQueue } from "./receive-queue.ts";
import { Ring, recvStride } from "./ring.ts";
import type { RingLocation, SrqInit, SrqQuery } from "./types.ts";

/** What `modify` may change; a new location keeps what is posted. */
export interface SrqChange {
  readonly limit?: number;
  readonly location?: RingLocation;
}

/**
 * A receive queue that several queue pairs take from. An entry is free again as soon as its work request is taken, because
 * the taker has a copy. No doorbell is needed: it is looked at when a message comes.
 */
export class SharedReceiveQueue extends ReceiveQueue {
  readonly srqn: number;
  /** Queue pairs that take from it. */
  references = 0;
  #limit = 0;
  readonly #reached: () => void;

  /** `reached`: fewer work requests are left than the limit said; told once for each time it is set. */
  constructor(srqn: number, init: SrqInit, reached: () => void) {
    super(init.memory, init, init.pd);
    this.srqn = srqn;
    this.#reached = reached;
    this.reload();
  }

  /** Its memory has come only now. */
  reload(): void {
    this.consumer = this.ring.consumer;
  }

  override advance(): void {
    super.advance();
    this.#judge();
  }

  /** @throws NomadError E_VERB for a limit above the entries, or a ring that is too small for what is posted. */
  modify({ limit, location }: SrqChange): void {
    const entries = location?.entries ?? this.ring.entries;
    if (limit !== undefined && (!Number.isInteger(limit) || limit < 0 || limit > entries)) {
      throw new NomadError("E_VERB", `a limit of ${limit}: at most ${entries} work requests fit`);
    }
    if (location !== undefined) {
      const ring = new Ring(this.memory, location, recvStride(this.maxSge));
      ring.takeOver(this.ring, this.consumer, this.ring.producer);
      this.ring = ring;
    }
    if (limit === undefined) return;
    this.#limit = limit;
    this.#judge();
  }

  query(): SrqQuery {
    return { entries: this.ring.entries, maxSge: this.maxSge, limit: this.#limit, posted: this.posted };
  }

  #judge(): void {
    if (this.posted >= this.#limit) return;
    if (!planted.repeatSrqLimit) this.#limit = 0;
    this.#reached();
  }
}
