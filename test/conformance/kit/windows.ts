import { access, type MemoryRegion, type MemoryWindow, type SendWr, type WcStatus } from "@nomad/verbs";
import type { End } from "./ends.ts";
import type { Lab } from "./lab.ts";
import { type Remote, statusOf } from "./work.ts";

export const windowTypes = [1, 2] as const;
export type WindowType = (typeof windowTypes)[number];

/** All that a window can allow. */
export const remoteAccess = access.REMOTE_WRITE | access.REMOTE_READ | access.REMOTE_ATOMIC;

export interface BindOptions {
  /** What it is bound to: all of the end's region, unless said otherwise. */
  readonly mr?: MemoryRegion;
  readonly offset?: number;
  readonly length?: number;
  readonly access?: number;
  /** The lowest 8 bits of its key; the next ones when absent. */
  readonly tag?: number;
  readonly wrId?: number;
  readonly signaled?: boolean;
}

/** The work request that binds a window. */
export function bindWr(end: End, mw: MemoryWindow, options: BindOptions = {}): SendWr {
  const { mr = end.mr, offset = 0, length = mr.length - offset, access: flags = remoteAccess } = options;
  const { tag, wrId = 1, signaled = true } = options;
  const rkey = tag === undefined ? {} : { rkey: withTag(mw.rkey, tag) };
  const bind = { mr, address: mr.address + offset, length, access: flags, ...rkey };
  return { wrId, opcode: "WR_BIND_MW", signaled, mw, bind };
}

/** Binds a window on the end's queue pair, and says how that went. */
export function bindWindow(lab: Lab, end: End, mw: MemoryWindow, options: BindOptions = {}): Promise<WcStatus> {
  return statusOf(lab, end, bindWr(end, mw, options));
}

/** A window bound on the end's queue pair. */
export async function boundWindow(lab: Lab, end: End, type: WindowType, options?: BindOptions): Promise<MemoryWindow> {
  const mw = end.pd.allocMw(type);
  const status = await bindWindow(lab, end, mw, options);
  if (status !== "WC_SUCCESS") throw new Error(`a window of type ${type} was not bound: ${status}`);
  return mw;
}

/** What a peer names in a window of the end's buffer. */
export function throughWindow(end: End, { rkey }: MemoryWindow, offset = 0): Remote {
  return { remoteAddress: end.mr.address + offset, rkey };
}

/** A key with other lowest 8 bits, which are its owner's to choose. */
export function withTag(rkey: number, tag: number): number {
  return ((rkey & 0xffffff00) | tag) >>> 0;
}
