import type { Qpn, Random } from "@nomad/base";
import { bthDestQpn, bthOpcode, headerBytes } from "@nomad/iba";
import { type Fate, type FaultRules, type RuledQp, type Subject, suffer } from "./fault.ts";
import { FramePool, FrameWriter, forEachPacket } from "./frame.ts";
import type { Link, LinkCounters, LinkState } from "./link.ts";
import type { Scheduler } from "./memory-link.ts";

export interface FaultyLinkOptions {
  readonly scheduler: Scheduler;
  readonly rules: FaultRules;
  /** Names of the hosts at the other end and at this one. */
  readonly from: string;
  readonly to: string;
  /** Which bit of a packet is flipped when it is corrupted. */
  readonly random: Random;
  /** Is a packet for this queue pair one that goes to or comes from those that a rule names; by default by its number. */
  readonly isOf?: (destQpn: Qpn, qp: RuledQp) => boolean;
}

const hasNumber = (destQpn: Qpn, { vlid, qpn }: RuledQp): boolean => vlid === null && qpn === destQpn;

/** A link whose incoming packets suffer, one by one, what the rules say; going out it is the link behind it. */
export class FaultyLink implements Link {
  onFrame: (frame: Uint8Array) => void = () => {};
  onState: (state: LinkState) => void = () => {};
  onWritable: () => void = () => {};
  readonly #link: Link;
  readonly #o: FaultyLinkOptions;
  /** What passes of a frame that suffers is put together again here. */
  readonly #rest: FrameWriter;

  constructor(link: Link, options: FaultyLinkOptions) {
    this.#link = link;
    this.#o = options;
    this.#rest = new FrameWriter(new Passage((frame) => this.onFrame(frame)), new FramePool());
    link.onFrame = (frame) => this.#arrived(frame);
    link.onState = (state) => this.onState(state);
    link.onWritable = () => this.onWritable();
  }

  get state(): LinkState {
    return this.#link.state;
  }

  get bufferedBytes(): number {
    return this.#link.bufferedBytes;
  }

  get writable(): boolean {
    return this.#link.writable;
  }

  get counters(): LinkCounters {
    return this.#link.counters;
  }

  send(frame: Uint8Array, onSent?: () => void): void {
    this.#link.send(frame, onSent);
  }

  close(): void {
    this.#link.close();
  }

  #arrived(frame: Uint8Array): void {
    const { rules, from, to } = this.#o;
    if (rules.quiet) return this.onFrame(frame);
    const packets: { readonly fate: Fate; readonly bytes: Uint8Array }[] = [];
    const wellFormed = forEachPacket(frame, (bytes, offset, length) => {
      const packet = bytes.subarray(offset, offset + length);
      packets.push({ fate: rules.judge("wire", from, to, this.#subject(packet)), bytes: packet });
    });
    if (!wellFormed || packets.every(({ fate }) => fate.kind === "pass")) return this.onFrame(frame);
    for (const { fate, bytes } of packets) this.#suffer(fate, bytes);
    this.#rest.flush();
  }

  #subject(packet: Uint8Array): Subject {
    if (packet.length < headerBytes.bth) return {};
    const { isOf = hasNumber } = this.#o;
    const dest = bthDestQpn(packet, 0);
    return { opcode: bthOpcode(packet, 0), isOf: (qp) => isOf(dest, qp) };
  }

  #suffer(fate: Fate, packet: Uint8Array): void {
    suffer(fate, {
      pass: () => this.#pass(packet),
      corrupt: () => this.#pass(this.#corrupted(packet)),
      later: (ms) => this.#later(packet, ms),
    });
  }

  #pass(packet: Uint8Array): void {
    const slot = this.#rest.reserve(packet.length);
    slot?.bytes.set(packet, slot.offset);
    this.#rest.commit(packet.length);
  }

  #corrupted(packet: Uint8Array): Uint8Array {
    const bytes = packet.slice();
    const bit = this.#o.random.between(0, 8 * bytes.length - 1);
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    return bytes;
  }

  /** What is held back is lost when the link goes down, as what is under way is. */
  #later(packet: Uint8Array, ms: number): void {
    const bytes = packet.slice();
    this.#o.scheduler.after(ms, () => {
      if (this.state !== "up") return;
      this.#pass(bytes);
      this.#rest.flush();
    });
  }
}

/** Where a frame writer hands frames over: straight to a function. */
class Passage implements Link {
  readonly state = "up";
  readonly bufferedBytes = 0;
  readonly writable = true;
  readonly counters: LinkCounters = {
    framesSent: 0,
    framesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    framesDropped: 0,
    framesRefused: 0,
    reconnects: 0,
  };
  onFrame: (frame: Uint8Array) => void = () => {};
  onState: (state: LinkState) => void = () => {};
  onWritable: () => void = () => {};
  readonly #onFrame: (frame: Uint8Array) => void;

  constructor(onFrame: (frame: Uint8Array) => void) {
    this.#onFrame = onFrame;
  }

  send(frame: Uint8Array, onSent?: () => void): void {
    this.#onFrame(frame);
    onSent?.();
  }

  close(): void {}
}
