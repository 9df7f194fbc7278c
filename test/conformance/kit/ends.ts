import {
  access,
  type CompletionQueue,
  type ConnectOptions,
  type Context,
  connectQp,
  type HeapBuffer,
  type MemoryRegion,
  type ProtectionDomain,
  type QueuePair,
  type QueuePairOptions,
} from "@nomad/verbs";
import type { Lab } from "./lab.ts";

/** All that a region, or a peer, can be allowed. */
export const allAccess =
  access.LOCAL_WRITE | access.REMOTE_WRITE | access.REMOTE_READ | access.REMOTE_ATOMIC | access.MW_BIND;

/** What one end of a connection has. */
export interface End {
  readonly context: Context;
  readonly pd: ProtectionDomain;
  readonly sendCq: CompletionQueue;
  readonly recvCq: CompletionQueue;
  readonly qp: QueuePair;
  readonly buffer: HeapBuffer;
  /** All of `buffer`. */
  readonly mr: MemoryRegion;
}

export interface EndOptions extends Partial<QueuePairOptions> {
  /** Default 64 KiB. */
  readonly bufferBytes?: number;
  /** Of both completion queues. Default 256. */
  readonly cqEntries?: number;
  /** Of the region. Default `allAccess`. */
  readonly access?: number;
}

/** An end whose queue pair is in RESET. */
export function makeEnd(context: Context, options: EndOptions = {}): End {
  const { bufferBytes = 65_536, cqEntries = 256, access: flags = allAccess, ...qpOptions } = options;
  const pd = context.allocPd();
  const sendCq = options.sendCq ?? context.createCq({ entries: cqEntries });
  const recvCq = options.recvCq ?? context.createCq({ entries: cqEntries });
  const qp = pd.createQp({ ...qpOptions, sendCq, recvCq });
  const buffer = context.alloc(bufferBytes);
  return { context, pd, sendCq, recvCq, qp, buffer, mr: pd.regMr(buffer, flags) };
}

/** Brings both queue pairs to RTS, towards each other. */
export function connect(a: QueuePair, b: QueuePair, ofA: ConnectOptions = {}, ofB: ConnectOptions = ofA): void {
  connectQp(a, { lid: b.pd.context.lid, qpn: b.qpn, psn: 2000 }, 1000, ofA);
  connectQp(b, { lid: a.pd.context.lid, qpn: a.qpn, psn: 1000 }, 2000, ofB);
}

/** Two connected ends, in the lab's first two contexts. */
export function makePair(
  lab: Lab,
  options: EndOptions = {},
  connection: ConnectOptions = {},
): { readonly a: End; readonly b: End } {
  const a = makeEnd(lab.context(0), options);
  const b = makeEnd(lab.context(1), options);
  connect(a.qp, b.qp, connection);
  return { a, b };
}

/** What a remote operation names: all of the end's buffer, or from `offset` in it. */
export function remoteOf(end: End, offset = 0): { readonly remoteAddress: number; readonly rkey: number } {
  return { remoteAddress: end.mr.address + offset, rkey: end.mr.rkey };
}
