import type { CompletionQueue } from "../completion-queue.ts";
import { connectQp } from "../connect.ts";
import type { Context } from "../context.ts";
import type { HeapBuffer } from "../heap.ts";
import type { MemoryRegion } from "../memory-region.ts";
import { access } from "../names.ts";
import type { ProtectionDomain } from "../protection-domain.ts";
import type { QueuePair, QueuePairOptions } from "../queue-pair.ts";
import { TestFabric, type TestFabricOptions } from "./fabric.ts";

const everything = access.LOCAL_WRITE | access.REMOTE_WRITE | access.REMOTE_READ | access.REMOTE_ATOMIC;

/** What a program with one connection has. */
export interface Side {
  readonly context: Context;
  readonly pd: ProtectionDomain;
  readonly cq: CompletionQueue;
  readonly qp: QueuePair;
  readonly buffer: HeapBuffer;
  readonly mr: MemoryRegion;
}

export interface SideOptions extends Partial<QueuePairOptions> {
  readonly bufferBytes?: number;
  readonly cqEntries?: number;
}

export function makeSide(context: Context, options: SideOptions = {}): Side {
  const { bufferBytes = 65_536, cqEntries = 256, ...qpOptions } = options;
  const pd = context.allocPd();
  const cq = context.createCq({ entries: cqEntries });
  const qp = pd.createQp({ sendCq: cq, recvCq: cq, ...qpOptions });
  const buffer = context.alloc(bufferBytes);
  return { context, pd, cq, qp, buffer, mr: pd.regMr(buffer, everything) };
}

export function connectSides(a: Side, b: Side): void {
  connectQp(a.qp, { lid: b.context.lid, qpn: b.qp.qpn, psn: 2000 }, 1000);
  connectQp(b.qp, { lid: a.context.lid, qpn: a.qp.qpn, psn: 1000 }, 2000);
}

export interface ConnectedPair {
  readonly fabric: TestFabric;
  readonly a: Side;
  readonly b: Side;
}

/** Two contexts with a connection between them. */
export function connectedPair(options: SideOptions = {}, fabricOptions: TestFabricOptions = {}): ConnectedPair {
  const fabric = new TestFabric(2, fabricOptions);
  const [first, second] = fabric.contexts as [Context, Context];
  const a = makeSide(first, options);
  const b = makeSide(second, options);
  connectSides(a, b);
  return { fabric, a, b };
}
