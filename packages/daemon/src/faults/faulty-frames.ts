import type { Clock, Random } from "@nomad/base";
import { type FaultRules, suffer } from "@nomad/wire";

export interface FaultyFramesOptions {
  readonly rules: FaultRules;
  readonly clock: Clock;
  /** Which byte of a frame is changed when it is corrupted. */
  readonly random: Random;
  readonly from: string;
  readonly to: string;
}

/** One direction of a bulk connection, whose frames suffer what the rules say. What is behind a delayed frame waits for it. */
export class FaultyFrames {
  readonly #o: FaultyFramesOptions;
  readonly #deliver: (frame: Uint8Array) => void;
  readonly #waiting: { readonly frame: Uint8Array; readonly dueAt: number }[] = [];

  constructor(options: FaultyFramesOptions, deliver: (frame: Uint8Array) => void) {
    this.#o = options;
    this.#deliver = deliver;
  }

  /** A frame has come. */
  take(frame: Uint8Array): void {
    const { rules, clock, from, to } = this.#o;
    if (rules.quiet && this.#waiting.length === 0) return this.#deliver(frame);
    const fate = rules.judge("bulk", from, to);
    suffer(fate, {
      pass: () => this.#inOrder(frame, 0),
      corrupt: () => this.#inOrder(this.#corrupted(frame), 0),
      later: (ms) => {
        if (fate.kind === "delay") this.#inOrder(frame, ms);
        else clock.after(ms, () => this.#deliver(frame));
      },
    });
  }

  #inOrder(frame: Uint8Array, ms: number): void {
    if (ms === 0 && this.#waiting.length === 0) return this.#deliver(frame);
    this.#waiting.push({ frame, dueAt: this.#o.clock.now() + ms });
    if (this.#waiting.length === 1) this.#wait();
  }

  #wait(): void {
    const { clock } = this.#o;
    const first = this.#waiting[0];
    if (first) clock.after(Math.max(0, first.dueAt - clock.now()), () => this.#release());
  }

  #release(): void {
    const now = this.#o.clock.now();
    for (let first = this.#waiting[0]; first && first.dueAt <= now; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#deliver(first.frame);
    }
    this.#wait();
  }

  #corrupted(frame: Uint8Array): Uint8Array {
    const bytes = frame.slice();
    const at = this.#o.random.between(0, bytes.length - 1);
    bytes[at] = (bytes[at] as number) ^ 1;
    return bytes;
  }
}
