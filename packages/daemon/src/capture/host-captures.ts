import type { Lid, Qpn } from "@nomad/base";
import { bthDestQpn, bthOpcode, dethSourceQpn, headerBytes, opcodes } from "@nomad/iba";
import type { Message } from "@nomad/protocol";
import type { PacketTap } from "@nomad/wire";
import { conversation, type PacketFacts, type QpOwner } from "./capture-filter.ts";
import { HostCapture } from "./host-capture.ts";

const capturesMax = 8;
const ownersMax = 65_536;
const utf8 = new TextEncoder();

/** What captures need of the host whose port they watch. */
export interface CapturedHost {
  readonly lid: Lid;
  /** Milliseconds of the host's clock, and what it shows as nanoseconds since 1970. */
  readonly now: () => number;
  readonly timeNs: () => bigint;
  readonly owner: (qpn: Qpn) => QpOwner | undefined;
  /** The queue pair that one of this adapter's is connected to. */
  readonly connectedTo: (qpn: Qpn) => Qpn | null;
  readonly send: (to: string, message: Message) => void;
  /** Puts the tap on the port, or takes it off. */
  readonly tap: (tap: PacketTap | null) => void;
}

/**
 * The captures at one host. The port has a tap only while there is one. No IO: messages come by `handle`; `run` is due
 * at `deadline`.
 */
export class HostCaptures implements PacketTap {
  readonly #host: CapturedHost;
  readonly #captures = new Map<string, HostCapture>();
  /** Remembered, for a late packet may still name a queue pair by a number that it no longer has. */
  readonly #owners = new Map<Qpn, QpOwner>();

  constructor(host: CapturedHost) {
    this.#host = host;
  }

  /** Takes a message about captures; false when it is about something else. */
  handle(from: string, m: Message): boolean {
    switch (m.kind) {
      case "CAPTURE":
        this.#host.send(from, this.#begin(from, m));
        return true;
      case "CAPTURE_CREDIT":
        this.#captures.get(m.capture)?.grant(m.bytes);
        return true;
      case "CAPTURE_END":
        this.#captures.get(m.capture)?.end();
        this.#captures.delete(m.capture);
        this.#settle();
        this.#host.send(from, { kind: "CAPTURE_ENDED", re: m.id });
        return true;
      default:
        return false;
    }
  }

  /** A repeated request finds its capture running. */
  #begin(from: string, m: Extract<Message, { kind: "CAPTURE" }>): Message {
    if (!this.#captures.has(m.capture)) {
      if (this.#captures.size === capturesMax)
        return { kind: "FAILED", re: m.id, code: "E_BUSY", message: `a host has at most ${capturesMax} captures` };
      this.#captures.set(m.capture, new HostCapture(m, (notice) => this.#host.send(from, notice)));
      this.#settle();
    }
    return { kind: "CAPTURING", re: m.id };
  }

  /** Ends all without a word: those who asked for them cannot be reached, and ask again when they can. */
  clear(): void {
    this.#captures.clear();
    this.#settle();
  }

  #settle(): void {
    const any = this.#captures.size > 0;
    if (!any) this.#owners.clear();
    this.#host.tap(any ? this : null);
  }

  deadline(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const capture of this.#captures.values()) first = Math.min(first, capture.deadline() ?? first);
    return first;
  }

  run(now: number): void {
    for (const capture of this.#captures.values()) capture.run(now);
  }

  // --- PacketTap ---

  sent(bytes: Uint8Array, offset: number, length: number, dlid: Lid, from: Qpn): void {
    const remote = () => destQpn(bytes, offset, length);
    const facts = { direction: "out" as const, port: dlid, own: from, owner: this.#owner(from), remote };
    this.#see({ bytes, offset, length, slid: this.#host.lid, dlid }, facts);
  }

  received(bytes: Uint8Array, offset: number, length: number, slid: Lid): void {
    const own = destQpn(bytes, offset, length);
    const remote = () => sourceQpn(bytes, offset, length) ?? this.#host.connectedTo(own);
    const facts = { direction: "in" as const, port: slid, own, owner: this.#owner(own), remote };
    this.#see({ bytes, offset, length, slid, dlid: this.#host.lid }, facts);
  }

  #see(
    packet: { readonly bytes: Uint8Array; offset: number; length: number; slid: Lid; dlid: Lid },
    facts: PacketFacts,
  ): void {
    const comment = utf8.encode(conversation(facts.direction, facts.owner));
    const seen = { ...packet, timeNs: this.#host.timeNs(), comment };
    const now = this.#host.now();
    for (const capture of this.#captures.values()) capture.see(seen, facts, now);
  }

  #owner(qpn: Qpn): QpOwner | undefined {
    const owner = this.#host.owner(qpn) ?? this.#owners.get(qpn);
    if (owner === undefined) return undefined;
    if (this.#owners.size === ownersMax) this.#owners.clear();
    this.#owners.set(qpn, owner);
    return owner;
  }
}

/** Bytes too few to be a packet are for queue pair 0. */
function destQpn(bytes: Uint8Array, offset: number, length: number): Qpn {
  return length < headerBytes.bth ? (0 as Qpn) : bthDestQpn(bytes, offset);
}

/** Who sent it, if the packet says so: datagrams do. */
function sourceQpn(bytes: Uint8Array, offset: number, length: number): Qpn | null {
  const deth = length < headerBytes.bth ? undefined : opcodes[bthOpcode(bytes, offset)]?.at.deth;
  if (deth === undefined || length < deth + headerBytes.deth) return null;
  return dethSourceQpn(bytes, offset + deth);
}
