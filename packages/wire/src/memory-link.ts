import type { Link, LinkOptions } from "./link.ts";
import { LinkBase } from "./link-base.ts";

/** Time, given from outside: real, or virtual in the simulator. Milliseconds. */
export interface Scheduler {
  now(): number;
  after(ms: number, fn: () => void): void;
}

export interface MemoryLinkOptions extends LinkOptions {
  readonly scheduler: Scheduler;
  /** From `send` at one end to `onFrame` at the other. Default 0: at the scheduler's next turn. */
  readonly latencyMs?: number;
  /** The ends are up already. */
  readonly up?: boolean;
}

/** Both ends of a link within one process, and the cable between them. */
export interface MemoryLinkPair {
  readonly a: Link;
  readonly b: Link;
  /** Takes both ends down; what is under way is lost. */
  cut(): void;
  /** Brings both ends up again, unless one is closed. */
  mend(): void;
}

/** A link in memory: no IO, deterministic; the ends come up at the scheduler's next turn, unless they are. */
export function memoryLinkPair(options: MemoryLinkOptions): MemoryLinkPair {
  const a = new MemoryLink(options);
  const b = new MemoryLink(options);
  a.join(b);
  b.join(a);
  const pair = {
    a,
    b,
    cut: () => {
      a.unplug();
      b.unplug();
    },
    mend: () => {
      a.plug();
      b.plug();
    },
  };
  if (options.up === true) pair.mend();
  else options.scheduler.after(0, pair.mend);
  return pair;
}

interface Parcel {
  readonly frame: Uint8Array;
  readonly onSent: () => void;
}

class MemoryLink extends LinkBase {
  readonly #scheduler: Scheduler;
  readonly #latencyMs: number;
  #other: MemoryLink | null = null;
  #underWay: Parcel[] = [];

  constructor(options: MemoryLinkOptions) {
    super(options);
    this.#scheduler = options.scheduler;
    this.#latencyMs = options.latencyMs ?? 0;
  }

  join(other: MemoryLink): void {
    this.#other = other;
  }

  plug(): void {
    if (this.#other?.state !== "closed") this.enter("up");
  }

  unplug(): void {
    this.enter("down");
    this.#lose();
  }

  close(): void {
    this.enter("closed");
    this.#lose();
    this.#other?.unplug();
  }

  protected transmit(frame: Uint8Array, onSent: () => void): void {
    const parcel: Parcel = { frame, onSent };
    this.#underWay.push(parcel);
    this.#scheduler.after(this.#latencyMs, () => this.#arrive(parcel));
  }

  #arrive(parcel: Parcel): void {
    // A parcel that was lost meanwhile is no longer under way.
    if (this.#underWay[0] !== parcel) return;
    this.#underWay.shift();
    this.#other?.received(parcel.frame);
    this.left(parcel.frame, parcel.onSent);
  }

  #lose(): void {
    const lost = this.#underWay;
    this.#underWay = [];
    this.counters.framesDropped += lost.length;
    for (const parcel of lost) this.left(parcel.frame, parcel.onSent);
  }
}
