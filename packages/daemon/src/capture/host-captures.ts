import type { Lid, Qpn } from "@nomad/base";
import { bthDestQpn, bthOpcode, dethSourceQpn, headerBytes, opcodes } from "@nomad/iba";
import type { Message } from "@nomad/protocol";
import type { PacketTap } from "@nomad/wire";
import { conversation, type PacketFacts, type QpOwner } from "./capture-filter.ts";
import { HostCapture, type SeenPacket } from "./host-capture.ts";
import { PacketRing, type RememberedPacket } from "./packet-ring.ts";
import { binMs, TrafficRecorder } from "./traffic-recorder.ts";

const capturesMax = 8;
const ownersMax = 65_536;
const utf8 = new TextEncoder();

/** What captures need of the host whose port they watch. */
export interface CapturedHost {
  readonly lid: Lid;
  /** Milliseconds of the host's clock, and what these are as nanoseconds since 1970. */
  readonly now: () => number;
  readonly timeNs: (ms: number) => bigint;
  readonly owner: (qpn: Qpn) => QpOwner | undefined;
  /** The queue pair that one of this adapter's is connected to. */
  readonly connectedTo: (qpn: Qpn) => Qpn | null;
  readonly send: (to: string, message: Message) => void;
  /** Puts the tap on the port, or takes it off. */
  readonly tap: (tap: PacketTap | null) => void;
}

/**
 * The captures at one host, and the packets that passed last, with which a capture may begin. No IO: messages come by
 * `handle`; `run` is due at `deadline`.
 */
export class HostCaptures implements PacketTap {
  readonly #host: CapturedHost;
  readonly #captures = new Map<string, HostCapture>();
  /** Remembered, for a late packet may still name a queue pair by a number that it no longer has. */
  readonly #owners = new Map<Qpn, QpOwner>();

  readonly #ring: PacketRing | null;
  readonly #traffic: TrafficRecorder | null;

  /** `remembered`: packets whose headers are kept; with 0 the port has a tap only while there is a capture. */
  constructor(host: CapturedHost, remembered = 0) {
    this.#host = host;
    this.#ring = remembered > 0 ? new PacketRing(remembered) : null;
    this.#traffic = remembered > 0 ? new TrafficRecorder() : null;
    this.#settle();
  }

  /** Takes a message about captures; false when it is about something else. */
  handle(from: string, m: Message): boolean {
    switch (m.kind) {
      case "CAPTURE":
        this.#host.send(from, this.#begin(from, m));
        return true;
      case "TRAFFIC":
        this.#host.send(from, this.#trafficOf(m));
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
      const capture = new HostCapture(m, (notice) => this.#host.send(from, notice));
      this.#captures.set(m.capture, capture);
      if (m.recent) this.#recall(capture);
      this.#settle();
    }
    return { kind: "CAPTURING", re: m.id };
  }

  /** Times are told as milliseconds since 1970. */
  #trafficOf({ id, vlid, fromMs, untilMs }: Extract<Message, { kind: "TRAFFIC" }>): Message {
    const originMs = Number(this.#host.timeNs(0)) / 1e6;
    const seen = this.#traffic?.of(vlid, fromMs - originMs, untilMs - originMs, this.#host.now());
    const { bytes = [], roundTripMs = [] } = seen ?? {};
    const began = (seen?.fromMs ?? 0) + originMs;
    return { kind: "TRAFFIC_SEEN", re: id, fromMs: began, binMs, bytes: [...bytes], roundTripMs: [...roundTripMs] };
  }

  /** Ends all without a word: those who asked for them cannot be reached, and ask again when they can. */
  clear(): void {
    this.#captures.clear();
    this.#settle();
  }

  #settle(): void {
    const any = this.#captures.size > 0 || this.#ring !== null;
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
    this.#pass(bytes, offset, length, "out", dlid, from);
  }

  received(bytes: Uint8Array, offset: number, length: number, slid: Lid): void {
    this.#pass(bytes, offset, length, "in", slid, destQpn(bytes, offset, length));
  }

  #pass(bytes: Uint8Array, offset: number, length: number, direction: "in" | "out", port: Lid, own: Qpn): void {
    const atMs = this.#host.now();
    this.#ring?.put(bytes, offset, length, direction, port, own, atMs);
    // Whose its queue pair is is remembered with it: that may soon be gone.
    const owner = this.#owners.get(own) ?? this.#owner(own);
    if (owner) this.#traffic?.see(direction, bytes, offset, length, own, owner.vlid, atMs);
    if (this.#captures.size === 0) return;
    const packet = { bytes, offset, length, wireBytes: length, direction, port, own, atMs };
    const { seen, facts } = this.#show(packet);
    for (const capture of this.#captures.values()) capture.see(seen, facts, atMs);
  }

  /** Shows a capture what passed before it began. */
  #recall(capture: HostCapture): void {
    const now = this.#host.now();
    for (const packet of this.#ring?.packets() ?? []) {
      const { seen, facts } = this.#show(packet);
      capture.see(seen, facts, now);
    }
  }

  #show(packet: RememberedPacket): { readonly seen: SeenPacket; readonly facts: PacketFacts } {
    const { bytes, offset, length, wireBytes, direction, port, own, atMs } = packet;
    const { lid, timeNs } = this.#host;
    const owner = this.#owner(own);
    const remote =
      direction === "out"
        ? () => destQpn(bytes, offset, length)
        : () => sourceQpn(bytes, offset, length) ?? this.#host.connectedTo(own);
    const [slid, dlid] = direction === "out" ? [lid, port] : [port, lid];
    const comment = utf8.encode(conversation(direction, owner));
    const seen = { bytes, offset, length, wireBytes, slid, dlid, timeNs: timeNs(atMs), comment };
    return { seen, facts: { direction, port, own, owner, remote } };
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
