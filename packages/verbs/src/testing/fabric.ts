import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { type Clock, defaults, type Lid, Random, VirtualClock } from "@nomad/base";
import type { DeviceLimits } from "@nomad/hca";
import { type MemoryLinkPair, memoryLinkPair } from "@nomad/wire";
import { Context } from "../context.ts";
import { Port } from "../port.ts";

export interface TestFabricOptions {
  readonly seed?: number;
  /** One way, ms. */
  readonly latencyMs?: number;
  readonly icrc?: boolean;
  readonly heapBytes?: number;
  /** What the adapters have room for. */
  readonly limits?: Partial<DeviceLimits>;
  /** Time; a virtual clock when none is given. */
  readonly clock?: Clock;
}

/** Contexts in one process, each linked to each other in memory. Time passes in `until`, unless the clock is a real one. */
export class TestFabric implements Disposable {
  readonly clock: Clock;
  readonly contexts: readonly Context[];
  readonly #links = new Map<string, MemoryLinkPair>();

  constructor(contexts: number, options: TestFabricOptions = {}) {
    const { seed = 1, latencyMs = 0.01, icrc = true, heapBytes = 4 * 1024 * 1024 } = options;
    const clock = options.clock ?? new VirtualClock();
    this.clock = clock;
    this.contexts = Array.from({ length: contexts }, (_, i) => {
      const limits = options.limits ?? {};
      const port = { lid: i + 1, icrc, random: new Random(seed + i), crc32, clock, limits };
      return new Context({
        name: `port-${i + 1}`,
        random: new Random(seed + 1000 + i),
        makePort: (events) => new Port(port, events),
        heapBytes,
      });
    });
    const link = { scheduler: clock, bufferedBytesMax: defaults.linkBufferedBytesMax, latencyMs };
    for (const a of this.contexts) for (const b of this.contexts) if (a.lid < b.lid) this.#join(a, b, link);
  }

  /** The link between two contexts, to be cut and mended. */
  link(a: Context, b: Context): MemoryLinkPair {
    const pair = this.#links.get(`${Math.min(a.lid, b.lid)}-${Math.max(a.lid, b.lid)}`);
    if (pair === undefined) throw new Error(`no link joins LID ${a.lid} and LID ${b.lid}`);
    return pair;
  }

  /** Lets virtual time pass until `work` is settled. Throws when nothing is left that could happen before. */
  async until<T>(work: Promise<T>): Promise<T> {
    const { clock } = this;
    if (!(clock instanceof VirtualClock)) return work;
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    for (;;) {
      await setImmediate();
      if (settled) return work;
      if (!clock.step()) throw new Error(`at ${clock.now()} ms nothing more happens, and what is waited for has not`);
    }
  }

  [Symbol.dispose](): void {
    for (const context of this.contexts) context.close();
  }

  #join(a: Context, b: Context, options: Parameters<typeof memoryLinkPair>[0]): void {
    const pair = memoryLinkPair(options);
    a.port.fabric.join(b.lid as Lid, pair.a);
    b.port.fabric.join(a.lid as Lid, pair.b);
    this.#links.set(`${a.lid}-${b.lid}`, pair);
  }
}
