import type { Lid, Qpn } from "@nomad/base";
import type { QueuePair } from "./queue-pair.ts";

/** A datagram that was taken for a queue pair, copied. */
export interface HeldDatagram {
  readonly qp: QueuePair;
  readonly bytes: Uint8Array;
  /** The group's identifier, or null for one to the port itself. */
  readonly mgid: Uint8Array | null;
}

/** Of one sender, and of all. */
const PER_SENDER_MAX = 64;
const SENDERS_MAX = 256;

/** Datagrams whose sender's name is being looked up, in their order. There is no room for many: the transport may lose them. */
export class HeldDatagrams {
  readonly #bySender = new Map<string, HeldDatagram[]>();

  /** @returns false when there is no room. */
  hold(slid: Lid, from: Qpn, datagram: HeldDatagram): boolean {
    const key = senderKey(slid, from);
    const held = this.#bySender.get(key) ?? [];
    if (held.length >= PER_SENDER_MAX || (held.length === 0 && this.#bySender.size >= SENDERS_MAX)) return false;
    held.push(datagram);
    this.#bySender.set(key, held);
    return true;
  }

  take(slid: Lid, from: Qpn): readonly HeldDatagram[] {
    const key = senderKey(slid, from);
    const held = this.#bySender.get(key) ?? [];
    this.#bySender.delete(key);
    return held;
  }
}

const senderKey = (slid: Lid, from: Qpn): string => `${slid}:${from}`;
