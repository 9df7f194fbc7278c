import { assert, limits } from "@nomad/base";
import type { Link, LinkCounters, LinkOptions, LinkState } from "./link.ts";

/** What every link keeps the same way: its state, what is buffered, and its counters. */
export abstract class LinkBase implements Link {
  onFrame: (frame: Uint8Array) => void = () => {};
  onState: (state: LinkState) => void = () => {};
  onWritable: () => void = () => {};
  readonly counters: LinkCounters = {
    framesSent: 0,
    framesReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    framesDropped: 0,
    framesRefused: 0,
    reconnects: 0,
  };
  readonly #bufferedBytesMax: number;
  #state: LinkState = "connecting";
  #bufferedBytes = 0;
  #full = false;
  #wasUp = false;

  constructor(options: LinkOptions) {
    this.#bufferedBytesMax = options.bufferedBytesMax;
  }

  get state(): LinkState {
    return this.#state;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get writable(): boolean {
    return this.#state === "up" && !this.#full;
  }

  send(frame: Uint8Array, onSent: () => void = () => {}): void {
    assert(frame.length <= limits.frameBytesMax, "a frame is within its limit");
    if (this.#state !== "up") {
      this.counters.framesDropped++;
      onSent();
      return;
    }
    this.counters.framesSent++;
    this.counters.bytesSent += frame.length;
    this.#bufferedBytes += frame.length;
    if (this.#bufferedBytes > this.#bufferedBytesMax) this.#full = true;
    this.transmit(frame, onSent);
  }

  abstract close(): void;

  /** Sends an accepted frame; `left` is called for it once, whether it arrives or not. */
  protected abstract transmit(frame: Uint8Array, onSent: () => void): void;

  /** An accepted frame has left, or is lost: its memory goes back to its owner. */
  protected left(frame: Uint8Array, onSent: () => void): void {
    this.#bufferedBytes -= frame.length;
    onSent();
    // Half, so that a sender at the limit is not woken for every frame.
    if (!this.#full || this.#bufferedBytes > this.#bufferedBytesMax / 2) return;
    this.#full = false;
    if (this.writable) this.onWritable();
  }

  protected received(frame: Uint8Array): void {
    if (this.#state !== "up") return;
    if (frame.length > limits.frameBytesMax) {
      this.counters.framesRefused++;
      return;
    }
    this.counters.framesReceived++;
    this.counters.bytesReceived += frame.length;
    this.onFrame(frame);
  }

  protected enter(state: LinkState): void {
    if (state === this.#state || this.#state === "closed") return;
    this.#state = state;
    if (state === "up" && this.#wasUp) this.counters.reconnects++;
    if (state === "up") this.#wasUp = true;
    this.onState(state);
    if (state === "up" && this.writable) this.onWritable();
  }
}
