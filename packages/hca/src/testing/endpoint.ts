import {
  ACCESS_LOCAL_WRITE,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  MTU_1024,
  QPS_INIT,
  QPS_RTR,
  QPS_RTS,
  QPT_RC,
  QPT_UC,
  QPT_UD,
} from "@nomad/abi";
import type { Psn, Qpn } from "@nomad/base";
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
} from "../queues/index.ts";
import type { DeviceMemory, MemoryRegion, QpAttributes, QpInit, QpType, SrqInit, WorkRing } from "../types.ts";
import { type Fabric, type FabricAdapter, sharedMemory } from "./fabric.ts";

/** All that one side of a connection may be made with. */
export interface EndpointOptions {
  /** QPT_RC when left out. */
  readonly type?: QpType;
  /** Does it take receives from a shared queue, which is then where its own would be? */
  readonly shared?: boolean;
  /** An endpoint of the same adapter whose shared queue it takes from, in its protection domain. */
  readonly sharedWith?: Endpoint;
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
  readonly init: Omit<QpInit, "pd" | "sendCq" | "recvCq" | "localEpoch"> & { readonly rq: WorkRing };
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
  srqn: number | null = null;
  readonly #shared: boolean;
  readonly #shares: Endpoint | null;

  constructor(adapter: FabricAdapter, options: EndpointOptions = {}) {
    const { entries = 64, cqEntries = 256, maxSge = 4, memoryBytes = 1 << 20 } = options;
    this.memory = sharedMemory(memoryBytes);
    this.access = options.access ?? ACCESS_ALL;
    this.adapter = adapter;
    this.#shares = options.sharedWith ?? null;
    this.#shared = options.shared ?? false;
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
      type: options.type ?? QPT_RC,
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
    this.pd = this.#shares?.pd ?? hca.allocPd();
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
    this.srqn = this.#shares?.srqn ?? (this.#shared ? hca.createSrq(this.srqInit) : null);
    return this.region;
  }

  get qpInit(): QpInit {
    const { pd, sendCqn: sendCq, recvCqn: recvCq } = this;
    const init = { ...this.init, pd, sendCq, recvCq, localEpoch: this.sq.localEpoch };
    return this.srqn === null ? init : { ...init, srq: this.srqn };
  }

  get srqInit(): SrqInit {
    return { ...this.init.rq, pd: this.pd, memory: this.memory };
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
  const reliable = from.init.type === QPT_RC;
  const { access, pkeyIndex, pathMtu, maxDestRdAtomic, minRnrTimer, remoteEpoch } = a;
  const partition = pkeyIndex === undefined ? {} : { pkeyIndex, port: 1 };
  hca.modifyQp(from.qpn, { state: QPS_INIT, ...present({ access }), ...partition }, 0);
  const address = { dlid: to.adapter.lid, destQpn: to.qpn, rqPsn: rqPsn as Psn, ...present({ pathMtu, remoteEpoch }) };
  const responder = reliable ? present({ maxDestRdAtomic, minRnrTimer }) : {};
  hca.modifyQp(from.qpn, { state: QPS_RTR, ...address, ...responder }, 0);
  const { timeout, retryCnt, rnrRetry, maxRdAtomic } = a;
  const requester = reliable ? present({ timeout, retryCnt, rnrRetry, maxRdAtomic }) : {};
  hca.modifyQp(from.qpn, { state: QPS_RTS, sqPsn: sqPsn as Psn, ...requester }, 0);
}

export const QKEY = 0x1111;

/** Brings a datagram queue pair to RTS. */
export function bringUpDatagrams(endpoint: Endpoint, qkey: number = QKEY): void {
  const { hca } = endpoint.adapter;
  hca.modifyQp(endpoint.qpn, { state: QPS_INIT, qkey }, 0);
  hca.modifyQp(endpoint.qpn, { state: QPS_RTR }, 0);
  hca.modifyQp(endpoint.qpn, { state: QPS_RTS, sqPsn: 0xfffffe as Psn }, 0);
}

/** Two datagram queue pairs on adapters 1 and 2, ready to send. */
export function datagramPair(fabric: Fabric, options: EndpointOptions = {}): readonly [a: Endpoint, b: Endpoint] {
  const ends = [1, 2].map((lid) => new Endpoint(fabric.add(lid), { ...options, type: QPT_UD }));
  for (const end of ends) bringUpDatagrams(end);
  return ends as [Endpoint, Endpoint];
}

/** Two ends of an unreliable connection on adapters 1 and 2. */
export function unreliablePair(
  fabric: Fabric,
  options: EndpointOptions = {},
  attributes: QpAttributes = {},
): readonly [a: Endpoint, b: Endpoint] {
  return connectedPair(fabric, { ...options, type: QPT_UC }, attributes);
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
