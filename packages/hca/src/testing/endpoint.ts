import {
  ACCESS_LOCAL_WRITE,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  MTU_1024,
  QPS_INIT,
  QPS_RTR,
  QPS_RTS,
} from "@nomad/abi";
import type { Psn, Qpn } from "@nomad/base";
import type { DeviceMemory, MemoryRegion, QpAttributes, QpInit } from "../types.ts";
import { type Fabric, type FabricAdapter, sharedMemory } from "./fabric.ts";
import {
  completionQueueBytes,
  locationAt,
  PolledQueue,
  RecvQueue,
  recvQueueBytes,
  SendQueue,
  type SendWr,
  type Sge,
  sendQueueBytes,
} from "./queues.ts";

/** All that one side of a connection may be made with. */
export interface EndpointOptions {
  readonly entries?: number;
  readonly cqEntries?: number;
  readonly maxSge?: number;
  readonly signalAll?: boolean;
  readonly userIndex?: number;
  readonly memoryBytes?: number;
  /** Access of the region that covers all of the memory behind the queues. */
  readonly access?: number;
}

export const ACCESS_ALL = ACCESS_LOCAL_WRITE | ACCESS_REMOTE_WRITE | ACCESS_REMOTE_READ | ACCESS_REMOTE_ATOMIC;
export const LOCAL_EPOCH = 7;

/** A program with one queue pair, its queues, and a region over the rest of its memory, which starts at `data`. */
export class Endpoint {
  readonly memory: DeviceMemory;
  readonly data: number;
  readonly init: Omit<QpInit, "pd" | "sendCq" | "recvCq" | "localEpoch">;
  readonly sq: SendQueue;
  readonly rq: RecvQueue;
  readonly sendCq: PolledQueue;
  readonly recvCq: PolledQueue;
  readonly access: number;
  adapter: FabricAdapter;
  pd = 0;
  sendCqn = 0;
  recvCqn = 0;
  qpn = 0 as Qpn;
  region: MemoryRegion;

  constructor(adapter: FabricAdapter, options: EndpointOptions = {}) {
    const { entries = 64, cqEntries = 256, maxSge = 4, memoryBytes = 1 << 20 } = options;
    this.memory = sharedMemory(memoryBytes);
    this.access = options.access ?? ACCESS_ALL;
    this.adapter = adapter;
    let at = 0;
    const take = (bytes: number) => {
      const from = at;
      at += Math.ceil(bytes / 64) * 64;
      return from;
    };
    const sq = locationAt(take(sendQueueBytes(entries, maxSge)), entries);
    const rq = locationAt(take(recvQueueBytes(entries, maxSge)), entries);
    this.sq = new SendQueue(this.memory, sq, maxSge, LOCAL_EPOCH);
    this.rq = new RecvQueue(this.memory, rq, maxSge, LOCAL_EPOCH);
    this.sendCq = new PolledQueue(this.memory, locationAt(take(completionQueueBytes(cqEntries)), cqEntries));
    this.recvCq = new PolledQueue(this.memory, locationAt(take(completionQueueBytes(cqEntries)), cqEntries));
    this.data = at;
    this.init = {
      memory: this.memory,
      sq: { ...sq, maxSge },
      rq: { ...rq, maxSge },
      signalAll: options.signalAll ?? true,
      userIndex: options.userIndex ?? 1234,
    };
    this.region = this.attach(adapter);
    this.qpn = adapter.hca.createQp(this.qpInit);
  }

  /** Makes everything but the queue pair on an adapter. */
  attach(adapter: FabricAdapter): MemoryRegion {
    const { hca } = adapter;
    this.adapter = adapter;
    this.pd = hca.allocPd();
    this.sendCqn = hca.createCq({ memory: this.memory, location: this.sendCq.location });
    this.recvCqn = hca.createCq({ memory: this.memory, location: this.recvCq.location });
    const length = this.memory.bytes.length - this.data;
    this.region = hca.registerMemory({
      pd: this.pd,
      memory: this.memory,
      address: this.data,
      length,
      access: this.access,
    });
    return this.region;
  }

  get qpInit(): QpInit {
    return { ...this.init, pd: this.pd, sendCq: this.sendCqn, recvCq: this.recvCqn, localEpoch: this.sq.localEpoch };
  }

  /** Its local keys are valid under another epoch from now on; what is posted already has the keys of the old one. */
  raiseEpoch(): void {
    this.sq.localEpoch++;
    this.rq.localEpoch++;
  }

  /** An element that names `length` bytes at `offset` of its data. */
  sge(offset: number, length: number): Sge {
    return { address: this.data + offset, length, lkey: this.region.lkey };
  }

  /** Its data, from `offset`. */
  bytes(offset: number, length: number): Uint8Array {
    return this.memory.bytes.subarray(this.data + offset, this.data + offset + length);
  }

  /** Posts a send work request and rings. */
  post(wr: SendWr): number {
    const at = this.sq.post(wr);
    this.adapter.hca.doorbell(this.qpn);
    return at;
  }
}

/** What both sides of a test's connection are set to, unless it says otherwise. */
export const usualAttributes: QpAttributes = {
  access: ACCESS_ALL,
  pathMtu: MTU_1024,
  timeout: 10,
  retryCnt: 7,
  rnrRetry: 7,
  maxRdAtomic: 4,
  maxDestRdAtomic: 4,
  minRnrTimer: 12,
  remoteEpoch: 3,
};

/** Brings a queue pair to RTS towards a peer; the PSNs are of what it receives and of what it sends. */
export function bringUp(
  from: Endpoint,
  to: Endpoint,
  rqPsn: number,
  sqPsn: number,
  attributes: QpAttributes = {},
): void {
  const a = { ...usualAttributes, ...attributes };
  const { hca } = from.adapter;
  const { access, pathMtu, maxDestRdAtomic, minRnrTimer, remoteEpoch } = a;
  hca.modifyQp(from.qpn, { state: QPS_INIT, ...present({ access }) }, 0);
  const address = { dlid: to.adapter.lid, destQpn: to.qpn, rqPsn: rqPsn as Psn };
  hca.modifyQp(
    from.qpn,
    { state: QPS_RTR, ...address, ...present({ pathMtu, maxDestRdAtomic, minRnrTimer, remoteEpoch }) },
    0,
  );
  const { timeout, retryCnt, rnrRetry, maxRdAtomic } = a;
  hca.modifyQp(
    from.qpn,
    { state: QPS_RTS, sqPsn: sqPsn as Psn, ...present({ timeout, retryCnt, rnrRetry, maxRdAtomic }) },
    0,
  );
}

/** Connects two endpoints, with PSNs that wrap early. */
export function connect(a: Endpoint, b: Endpoint, attributes: QpAttributes = {}): void {
  bringUp(a, b, 100, 0xfffff0, attributes);
  bringUp(b, a, 0xfffff0, 100, attributes);
}

/** Two connected endpoints on adapters 1 and 2. */
export function connectedPair(
  fabric: Fabric,
  options: EndpointOptions = {},
  attributes: QpAttributes = {},
): readonly [a: Endpoint, b: Endpoint] {
  const a = new Endpoint(fabric.add(1), options);
  const b = new Endpoint(fabric.add(2), options);
  connect(a, b, attributes);
  return [a, b];
}

function present(attributes: { readonly [K in keyof QpAttributes]: QpAttributes[K] | undefined }): QpAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
