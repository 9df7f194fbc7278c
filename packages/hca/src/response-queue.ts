import { assert, type Psn, type RKey } from "@nomad/base";
import { psnAdd, psnDiff } from "@nomad/iba";

/** What the responder owes its requester. An `ack` carries any syndrome: ACK, RNR NAK or NAK. */
export interface Response {
  kind: "ack" | "read" | "atomic";
  psn: Psn;
  msn: number;
  syndrome: number;
  /** READ: what is read, and how many of its packets are sent. */
  address: number;
  rkey: RKey;
  length: number;
  packets: number;
  sent: number;
  /** Atomic: what was there before. */
  original: bigint;
  /** A fetch: it answers a duplicate request. */
  again: boolean;
}

function emptyResponse(): Response {
  return {
    kind: "ack",
    psn: 0 as Psn,
    msn: 0,
    syndrome: 0,
    address: 0,
    rkey: 0 as RKey,
    length: 0,
    packets: 1,
    sent: 0,
    original: 0n,
    again: false,
  };
}

/**
 * Responses in the order of their requests, sent when the link takes them. Neighbouring ACKs become one. It is bounded by
 * the fetches (READs and atomics) that the requester may have under way.
 */
export class ResponseQueue {
  readonly #fetchesMax: number;
  /** As many as have been needed at a time. */
  readonly #slots: Response[] = [];
  #head = 0;
  #count = 0;
  #fetches = 0;

  constructor(fetchesMax: number) {
    this.#fetchesMax = fetchesMax;
  }

  get head(): Response | null {
    return this.#count === 0 ? null : this.#at(0);
  }

  /**
   * Is there room for one more fetch? If need be the oldest answer to a duplicate is given up: a requester has no more under
   * way than there is room for, so the duplicate was a ghost of one that it has long completed.
   */
  makeRoom(): boolean {
    if (this.#fetches < this.#fetchesMax) return true;
    for (let place = 0; place < this.#count; place++) {
      const response = this.#at(place);
      if (response.kind === "ack" || !response.again) continue;
      this.#remove(place);
      return true;
    }
    return false;
  }

  clear(): void {
    this.#count = 0;
    this.#fetches = 0;
  }

  /** The head is sent. */
  shift(): void {
    const head = this.#at(0);
    if (head.kind !== "ack") this.#fetches--;
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#count--;
  }

  /** ACKs or NAKs: in place of one that is last in the queue, for the later one says what the earlier said. */
  acknowledge(psn: Psn, msn: number, syndrome: number): void {
    const last = this.#last();
    const response = last !== null && last.kind === "ack" ? last : this.#push();
    response.kind = "ack";
    response.psn = psn;
    response.msn = msn;
    response.syndrome = syndrome;
  }

  /** Acknowledges a duplicate again, unless the queue ends in an ACK or NAK, which does so. */
  acknowledgeAgain(psn: Psn, msn: number, syndrome: number): void {
    if (this.#last()?.kind !== "ack") this.acknowledge(psn, msn, syndrome);
  }

  read(psn: Psn, msn: number, address: number, rkey: RKey, length: number, packets: number, again = false): void {
    const response = this.#pushFetch("read", psn, msn, again);
    response.address = address;
    response.rkey = rkey;
    response.length = length;
    response.packets = packets;
    response.sent = 0;
  }

  atomic(psn: Psn, msn: number, original: bigint, again = false): void {
    const response = this.#pushFetch("atomic", psn, msn, again);
    response.original = original;
    response.packets = 1;
  }

  /** The requester went back to `psn` and asks again for everything from there. */
  cancelFrom(psn: Psn): void {
    for (let last = this.#last(); last !== null; last = this.#last()) {
      const end = last.kind === "ack" ? last.psn : psnAdd(last.psn, last.packets - 1);
      if (psnDiff(end, psn) < 0) return;
      if (last.kind !== "ack") this.#fetches--;
      this.#count--;
    }
  }

  #last(): Response | null {
    return this.#count === 0 ? null : this.#at(this.#count - 1);
  }

  #pushFetch(kind: "read" | "atomic", psn: Psn, msn: number, again: boolean): Response {
    assert(this.#fetches < this.#fetchesMax, "the responder takes no more fetches than it has room for");
    this.#fetches++;
    const response = this.#push();
    response.kind = kind;
    response.psn = psn;
    response.msn = msn;
    response.again = again;
    return response;
  }

  /** Takes out a fetch; of the ACKs that then stand side by side the later says what the earlier said. */
  #remove(place: number): void {
    const inside = place > 0 && place + 1 < this.#count;
    const meet = inside && this.#at(place - 1).kind === "ack" && this.#at(place + 1).kind === "ack";
    const gone = meet ? 2 : 1;
    const from = place + 1 - gone;
    for (let i = from; i + gone < this.#count; i++) this.#swap(i, i + gone);
    this.#count -= gone;
    this.#fetches--;
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#at(a), this.#at(b)];
    this.#slots[(this.#head + a) % this.#slots.length] = other;
    this.#slots[(this.#head + b) % this.#slots.length] = one;
  }

  #push(): Response {
    if (this.#count === this.#slots.length) this.#grow();
    return this.#at(this.#count++);
  }

  /** Room for one more, behind the last. */
  #grow(): void {
    assert(this.#count <= 2 * this.#fetchesMax, "ACKs never stand side by side in the queue");
    const wrapped = this.#slots.splice(0, this.#head);
    this.#slots.push(...wrapped, emptyResponse());
    this.#head = 0;
  }

  #at(place: number): Response {
    return this.#slots[(this.#head + place) % this.#slots.length] as Response;
  }
}
