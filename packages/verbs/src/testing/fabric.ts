import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { assert, type Clock, defaults, type Lid, Random, VirtualClock } from "@nomad/base";
import type { DeviceLimits } from "@nomad/hca";
import { type FaultRules, FaultyLink, type Link, type MemoryLinkPair, memoryLinkPair } from "@nomad/wire";
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
  /** What packets between contexts suffer; its ends are the contexts' names. */
  readonly rules?: FaultRules;
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
    const random = new Random(seed + 2000);
    const wrap = (behind: Link, from: Context, to: Context) => {
      if (options.rules === undefined) return behind;
      return new FaultyLink(behind, { scheduler: clock, rules: options.rules, from: from.name, to: to.name, random });
    };
    for (const a of this.contexts)
      for (const b of this.contexts) if (a.lid < b.lid) this.#join(a, b, memoryLinkPair(link), wrap);
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

  /** Lets all happen that happens by itself. The clock must be a virtual one; throws when there is more after `ms`. */
  settle(ms = 60_000): void {
    const { clock } = this;
    assert(clock instanceof VirtualClock, "real time does not pass at once");
    const end = clock.now() + ms;
    while (clock.step()) if (clock.now() > end) throw new Error(`after ${ms} ms there is still more to happen`);
  }

  [Symbol.dispose](): void {
    for (const context of this.contexts) context.close();
  }

  #join(a: Context, b: Context, pair: MemoryLinkPair, wrap: (behind: Link, from: Context, to: Context) => Link): void {
    a.port.fabric.join(b.lid as Lid, wrap(pair.a, b, a));
    b.port.fabric.join(a.lid as Lid, wrap(pair.b, a, b));
    this.#links.set(`${a.lid}-${b.lid}`, pair);
  }
}
