import { assert, type RKey, type VKey, type VQpn } from "@nomad/base";
import type { Hca, MwType } from "@nomad/hca";
import type { Device } from "./device.ts";

/**
 * A memory window of a guest's. Programs bind it by work requests, which bypass the driver, to keys of their own choice: an
 * index that stays and a variant of 8 bits. So the adapter's key is not in a table but follows from the program's: the
 * adapter's index, and the variant with some bits flipped.
 */
export interface Window {
  /** The index of the program's keys (v-rkey >> 8). */
  readonly index: number;
  readonly pd: number;
  readonly type: MwType;
  /** The adapter's key with the program's variant 0. */
  readonly base: RKey;
}

/** A window on its way to another host, as the adapter knew it at last. */
export interface WindowRecord {
  readonly vkey: VKey;
  readonly pd: number;
  readonly type: MwType;
  /** What it is bound to: a region, a range of it, and the queue pair that alone may use it (type 2). */
  readonly bound: {
    readonly region: VKey;
    readonly address: number;
    readonly length: number;
    readonly access: number;
    readonly vqpn: VQpn | null;
  } | null;
}

const VARIANT_BITS = 8;
const VARIANT_MASK = 0xff;
const indexOf = (key: number): number => key >>> VARIANT_BITS;

/** One guest's windows, by the program's index and by the adapter's. */
export class Windows {
  readonly #byIndex = new Map<number, Window>();
  readonly #byAdapterIndex = new Map<number, Window>();

  get size(): number {
    return this.#byIndex.size;
  }

  [Symbol.iterator](): IterableIterator<Window> {
    return this.#byIndex.values();
  }

  /** The window whose key at the adapter is `rkey` while the program's is `vkey`. */
  add(vkey: VKey, rkey: RKey, { pd, type }: Pick<Window, "pd" | "type">): void {
    const window = { index: indexOf(vkey), pd, type, base: ((rkey ^ (vkey & VARIANT_MASK)) >>> 0) as RKey };
    this.#byIndex.set(window.index, window);
    this.#byAdapterIndex.set(indexOf(rkey), window);
  }

  /** By any key that the program may have bound it to. */
  find(vkey: VKey): Window | undefined {
    return this.#byIndex.get(indexOf(vkey));
  }

  delete(window: Window): void {
    this.#byIndex.delete(window.index);
    this.#byAdapterIndex.delete(indexOf(window.base));
  }

  /** The adapter's key for the program's; undefined when there is no such window. */
  rkeyOf(vkey: VKey): RKey | undefined {
    const window = this.find(vkey);
    return window && (((window.base ^ (vkey & VARIANT_MASK)) >>> 0) as RKey);
  }

  /** The program's key for the adapter's. */
  vkeyOf(rkey: RKey): VKey | undefined {
    const window = this.#byAdapterIndex.get(indexOf(rkey));
    return window && (((window.index << VARIANT_BITS) | ((rkey ^ window.base) & VARIANT_MASK)) as VKey);
  }
}

/** What the adapter knows of each window: the truth, whatever the guest has bound or invalidated by itself. */
export function recordWindows(hca: Hca, device: Device): WindowRecord[] {
  if (device.windows.size === 0) return [];
  const regions = new Map([...device.regions.values()].map(({ lkey, vkey }) => [lkey, vkey]));
  const vqpns = new Map([...device.qps.values()].map(({ qpn, vqpn }) => [qpn, vqpn]));
  return [...device.windows].map(({ pd, type, base }) => {
    const now = hca.findMw(base);
    const vkey = now && device.windows.vkeyOf(now.rkey);
    assert(now && vkey, "the adapter has each window of a guest's");
    const region = now.lkey === null ? undefined : regions.get(now.lkey);
    if (region === undefined) return { vkey, pd, type, bound: null };
    const vqpn = now.qpn === null ? null : (vqpns.get(now.qpn) ?? null);
    return { vkey, pd, type, bound: { region, address: now.address, length: now.length, access: now.access, vqpn } };
  });
}

/** Frees a guest's window; what it is bound to is closed. */
export function freeWindow(hca: Hca, device: Device, window: Window): void {
  const now = hca.findMw(window.base);
  assert(now, "the adapter has each window of a guest's");
  hca.deallocMw(now.rkey);
  device.windows.delete(window);
}
