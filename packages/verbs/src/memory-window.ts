import { MW_TYPE_1, MW_TYPE_2 } from "@nomad/abi";
import type { LKey, RKey } from "@nomad/base";
import type * as adapter from "@nomad/hca";
import type * as queues from "@nomad/hca/queues";
import type { MemoryRegion } from "./memory-region.ts";
import type { ProtectionDomain } from "./protection-domain.ts";

/** What a window is bound to (ibv_mw_bind_info). No bytes unbind a window of type 1. */
export interface MwBinding {
  readonly mr: MemoryRegion;
  readonly address: number;
  readonly length: number;
  /** Of `access`. */
  readonly access: number;
  /** The window's new key, which may differ from its old one in the lowest 8 bits; the next one when absent. */
  readonly rkey?: number;
}

/** A memory window: a range of a region, opened to peers under a key of its own by posting WR_BIND_MW. */
export class MemoryWindow implements Disposable {
  readonly pd: ProtectionDomain;
  readonly type: 1 | 2;
  /** Those that it may have: the last that the adapter knew, and one for each bind posted since, which may wait or have failed. */
  #rkeys: number[];
  #freed = false;

  constructor(pd: ProtectionDomain, type: 1 | 2) {
    this.pd = pd;
    this.type = type;
    this.#rkeys = [pd.context.hca.allocMw(pd.handle, type === 1 ? MW_TYPE_1 : MW_TYPE_2).rkey];
  }

  /** What peers name it by: of the last bind posted. */
  get rkey(): number {
    return this.#rkeys.at(-1) as number;
  }

  query(): adapter.MemoryWindow {
    return this.pd.context.hca.queryMw(this.rkey as RKey);
  }

  dealloc(): void {
    if (this.#freed || this.pd.context.closed) return;
    this.pd.context.hca.deallocMw((this.#known() ?? this.rkey) as RKey);
    this.#freed = true;
  }

  [Symbol.dispose](): void {
    this.dealloc();
  }

  /** The bind as the queue takes it; the key is the new one from here on. @internal */
  toBind({ mr, address, length, access, rkey = incRkey(this.rkey) }: MwBinding): {
    bind: queues.MwBinding;
    rkey: RKey;
  } {
    const known = this.#known();
    if (known !== undefined) this.#rkeys = this.#rkeys.slice(this.#rkeys.indexOf(known));
    this.#rkeys.push(rkey);
    const type = this.type === 1 ? MW_TYPE_1 : MW_TYPE_2;
    return { bind: { type, lkey: mr.lkey as LKey, address, length, access }, rkey: rkey as RKey };
  }

  /** The one that the adapter knows it by. */
  #known(): number | undefined {
    return this.#rkeys.find((rkey) => this.#knows(rkey));
  }

  #knows(rkey: number): boolean {
    try {
      this.pd.context.hca.queryMw(rkey as RKey);
      return true;
    } catch {
      return false;
    }
  }
}

/** The key with the next variant: ibv_inc_rkey. */
export function incRkey(rkey: number): number {
  return ((rkey & 0xffffff00) | ((rkey + 1) & 0xff)) >>> 0;
}
