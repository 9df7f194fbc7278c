import type { Psn } from "@nomad/base";
import type { MemoryRegions } from "./memory-region.ts";
import type { Ring } from "./ring.ts";
import { StartedSends } from "./started-sends.ts";

/**
 * The sending half of a queue pair. Entries of the send queue from `consumer` to `next` are started: their PSNs are given
 * out and kept in `started` until they complete. Packets from `unackedPsn` to `sentPsn` may be answered; `txPsn` is sent next,
 * and is below `sentPsn` after going back.
 */
export class RequesterState {
  consumer = 0;
  next = 0;
  /** PSN that the next work request to start gets. */
  nextPsn = 0 as Psn;
  unackedPsn = 0 as Psn;
  sentPsn = 0 as Psn;
  txPsn = 0 as Psn;
  /** The started work request that `txPsn` belongs to; `next` when all is sent. */
  txIndex = 0;
  fetchesOutstanding = 0;
  retriesLeft = 0;
  rnrRetriesLeft = 0;
  /** The timer that runs is that of an RNR NAK; nothing is sent meanwhile. */
  rnrWaiting = false;
  /** What was missing when a response last told so, -1 after progress: it is asked for once, then left to the timer. */
  impliedNakPsn = -1;
  /** A started work request has failed: no other starts, and it completes when it is the oldest. */
  failing = false;
  /** The next work request waits until its owner has translated it. */
  translating = false;

  readonly #ring: Ring;
  readonly #regions: MemoryRegions;
  #started: StartedSends | null = null;

  constructor(ring: Ring, regions: MemoryRegions) {
    this.#ring = ring;
    this.#regions = regions;
  }

  /** The work requests that are started: made for the first. */
  get started(): StartedSends {
    this.#started ??= new StartedSends(this.#ring.entries, this.#regions);
    return this.#started;
  }

  /** Is anything started and not completed? */
  get busy(): boolean {
    return this.consumer !== this.next;
  }

  /** Nothing is under way, and the next packet ever sent will have this PSN. */
  restartAt(psn: Psn): void {
    this.nextPsn = psn;
    this.unackedPsn = psn;
    this.sentPsn = psn;
    this.txPsn = psn;
    this.abandon(this.consumer);
  }

  /** Forgets what is started, and goes on at entry `index`. */
  abandon(index: number): void {
    this.consumer = index;
    this.next = index;
    this.txIndex = index;
    this.unackedPsn = this.nextPsn;
    this.sentPsn = this.nextPsn;
    this.txPsn = this.nextPsn;
    this.#started?.unload();
    this.fetchesOutstanding = 0;
    this.rnrWaiting = false;
    this.impliedNakPsn = -1;
    this.failing = false;
    this.translating = false;
  }

  /** Sends again from the oldest packet that is not acknowledged: it belongs to the oldest work request. */
  goBack(): void {
    this.txPsn = this.unackedPsn;
    this.txIndex = this.consumer;
  }

  /** What may have been lost unseen, requests and answers alike, is sent again; an RNR NAK's wait is over. */
  resend(): void {
    this.rnrWaiting = false;
    this.impliedNakPsn = -1;
    this.goBack();
  }
}
