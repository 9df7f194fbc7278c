import {
  ACCESS_LOCAL_WRITE,
  ACCESS_MW_BIND,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  ACCESS_ZERO_BASED,
  MW_TYPE_1,
  MW_TYPE_2,
} from "@nomad/abi";
import { NomadError, type Qpn, type RKey } from "@nomad/base";
import { checkRoom } from "./device-limits.ts";
import { type KeyUser, type Region, Window } from "./keyed.ts";
import type { MemoryRegions } from "./memory-region.ts";
import type { ProtectionDomains } from "./protection-domains.ts";
import type { MemoryWindow, MwType } from "./types.ts";

/** What a bind asks for (ibv_mw_bind_info); `rkey` is the window's new one. Without bytes it unbinds. */
export interface BindRequest {
  readonly type: number;
  readonly rkey: RKey;
  readonly lkey: number;
  readonly address: number;
  readonly length: number;
  readonly access: number;
}

const REMOTE_CHANGE = ACCESS_REMOTE_WRITE | ACCESS_REMOTE_ATOMIC;
const ACCESS_OF_WINDOWS = REMOTE_CHANGE | ACCESS_REMOTE_READ | ACCESS_ZERO_BASED;

/** Memory windows of type 1 and 2B (IBA 10.6.7). */
export class MemoryWindows {
  readonly #regions: MemoryRegions;
  readonly #pds: ProtectionDomains;
  readonly #max: number;
  readonly #windows = new Set<Window>();

  constructor(regions: MemoryRegions, pds: ProtectionDomains, max: number) {
    this.#regions = regions;
    this.#pds = pds;
    this.#max = max;
  }

  /** An unbound window. @throws NomadError E_VERB for a wrong type or domain. */
  alloc(pd: number, type: MwType): MemoryWindow {
    if (type !== MW_TYPE_1 && type !== MW_TYPE_2) throw new NomadError("E_VERB", `no memory window is of type ${type}`);
    checkRoom(this.#windows.size, this.#max, "memory windows");
    this.#pds.refer(pd, 1);
    const { keys } = this.#regions;
    const index = keys.takeIndex();
    const window = new Window(type, pd, keys.newKeys(index)[1] as RKey);
    keys.set(index, window);
    this.#windows.add(window);
    return describe(window);
  }

  /**
   * A window as one was, under a new key: bound, if it was, by the queue pair that is its owner now.
   * @throws NomadError E_VERB when it cannot be bound so.
   */
  restore(was: Omit<MemoryWindow, "rkey">, owner: KeyUser | null): MemoryWindow {
    const { pd, type, lkey, address, length, access } = was;
    const { rkey } = this.alloc(pd, type);
    if (lkey === null) return this.query(rkey);
    const user = owner ?? { pd, qpn: 0 as Qpn };
    if (this.bind(user, { type, rkey, lkey, address, length, access })) return this.query(rkey);
    this.dealloc(rkey);
    throw new NomadError("E_VERB", `a memory window cannot be bound to ${length} bytes at ${address}`);
  }

  /** A bound window is unbound by it. @throws NomadError E_VERB when there is none. */
  dealloc(rkey: RKey): void {
    const window = this.#known(rkey);
    this.#unbind(window);
    this.#regions.keys.release(rkey);
    this.#pds.refer(window.pd, -1);
    this.#windows.delete(window);
  }

  query(rkey: RKey): MemoryWindow {
    return describe(this.#known(rkey));
  }

  /** The window that this key, or one that differs in its variant only, stands for; null when there is none. */
  find(rkey: RKey): MemoryWindow | null {
    const window = this.#regions.keys.at(rkey);
    return window?.kind === "window" ? describe(window) : null;
  }

  /** Executes WR_BIND_MW for a queue pair. False: a rule forbids it, and nothing has changed. */
  bind(user: KeyUser, request: BindRequest): boolean {
    const window = this.#regions.keys.at(request.rkey);
    if (window?.kind !== "window" || window.type !== request.type || window.pd !== user.pd) return false;
    if (window.type === MW_TYPE_2 && (window.region !== null || request.length === 0)) return false;
    const region = request.length === 0 ? null : this.#bindable(window, request);
    if (request.length !== 0 && region === null) return false;
    this.#unbind(window);
    window.rkey = request.rkey;
    if (region !== null) attach(window, region, request);
    if (window.type === MW_TYPE_2) window.owner = user;
    return true;
  }

  /** May this queue pair invalidate the window: one of type 2, that it has bound itself? */
  mayInvalidate(user: KeyUser, rkey: RKey): boolean {
    const window = this.#regions.keys.at(rkey);
    return window?.kind === "window" && window.type === MW_TYPE_2 && window.rkey === rkey && window.opensTo(user);
  }

  /** Is it the key of a window of type 1, which no message invalidates? */
  isType1(rkey: RKey): boolean {
    const window = this.#regions.keys.at(rkey);
    return window?.kind === "window" && window.type === MW_TYPE_1 && window.rkey === rkey;
  }

  /** Unbinds the window. @returns false when the queue pair may not. */
  invalidate(user: KeyUser, rkey: RKey): boolean {
    if (!this.mayInvalidate(user, rkey)) return false;
    this.#unbind(this.#known(rkey));
    return true;
  }

  /** The queue pair is destroyed: what it had bound is unbound. */
  forgetOwner(user: KeyUser): void {
    for (const window of this.#windows) if (window.owner === user) this.#unbind(window);
  }

  /** The region of a bind request, when the window may be bound to it (IBA 10.6.7.2.2). */
  #bindable(window: Window, { lkey, address, length, access }: BindRequest): Region | null {
    const region = this.#regions.find(lkey);
    if (region === null || region.pd !== window.pd || (access & ~ACCESS_OF_WINDOWS) !== 0) return null;
    if ((region.access & ACCESS_MW_BIND) === 0 || (region.access & ACCESS_ZERO_BASED) !== 0) return null;
    if ((access & REMOTE_CHANGE) !== 0 && (region.access & ACCESS_LOCAL_WRITE) === 0) return null;
    if (window.type === MW_TYPE_1 && (access & ACCESS_ZERO_BASED) !== 0) return null;
    const offset = address - region.address;
    return offset >= 0 && length <= region.length - offset ? region : null;
  }

  #unbind(window: Window): void {
    if (window.region === null) return;
    window.region.windows--;
    window.region = null;
    window.owner = null;
    window.length = 0;
    this.#regions.generation++;
  }

  #known(rkey: RKey): Window {
    const window = this.#regions.keys.at(rkey);
    if (window?.kind !== "window" || window.rkey !== rkey) {
      throw new NomadError("E_VERB", `no memory window has rkey ${rkey}`);
    }
    return window;
  }
}

function attach(window: Window, region: Region, { address, length, access }: BindRequest): void {
  region.windows++;
  window.region = region;
  window.address = address;
  window.length = length;
  window.access = access;
  window.base = access & ACCESS_ZERO_BASED ? address : 0;
}

function describe({ rkey, type, pd, region, owner, address, length, access }: Window): MemoryWindow {
  const bound = region === null ? { lkey: null, address: 0, access: 0 } : { lkey: region.lkey, address, access };
  return { rkey, type, pd, length, ...bound, qpn: owner?.qpn ?? null };
}
