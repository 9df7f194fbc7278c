import type { Lid, LKey, Qpn, RKey, VKey, VLid, VQpn } from "@nomad/base";
import type { DeviceMemory, QpCut, QpSnapshot, QpType, RingLocation, WorkRing } from "@nomad/hca";
import type { Ah, AhRecord } from "./address-handles.ts";
import type { NamedEvent } from "./async-events.ts";
import { type WindowRecord, Windows } from "./windows.ts";

/** A guest's queue pair, by names that never change. */
export interface RemoteName {
  readonly vlid: VLid;
  readonly vqpn: VQpn;
}

/** How a guest's memory region was registered; the v-key stands for v-lkey and v-rkey alike. */
export interface RegionRecord {
  readonly vkey: VKey;
  readonly pd: number;
  readonly address: number;
  readonly length: number;
  readonly access: number;
}

export interface CqRecord {
  readonly cq: number;
  location: RingLocation;
  /** The word in guest memory that is raised with each event of this queue's, or 0. */
  readonly channel: number;
}

/** How a guest's shared receive queue was created. */
export interface SrqRecord {
  readonly srq: number;
  readonly pd: number;
  location: WorkRing;
}

/** A multicast group. */
export interface Group {
  readonly mlid: number;
  readonly mgid: Uint8Array;
}

/** How a guest's queue pair was created. */
export interface QpRecord {
  readonly vqpn: VQpn;
  readonly type: QpType;
  readonly pd: number;
  readonly sendCq: number;
  readonly recvCq: number;
  readonly sq: WorkRing;
  /** Null when it takes from a shared one. */
  readonly rq: WorkRing | null;
  readonly srq: number | null;
  readonly signalAll: boolean;
}

/** The answer to a guest's last hypercall: a repeat after a move gets the same one. */
export interface HypercallResult {
  readonly sequence: number;
  readonly status: number;
  readonly words: readonly number[];
  readonly data: Uint8Array;
}

export interface Region extends RegionRecord {
  readonly lkey: LKey;
  readonly rkey: RKey;
}

export interface Cq extends CqRecord {
  readonly cqn: number;
}

export interface Srq extends SrqRecord {
  readonly srqn: number;
}

/** What a move of its peer does to a queue pair: the number it takes when that is decided, and whether it is frozen until then. */
export interface QpHold {
  /** Null while it is idle: it keeps its number. */
  qpn: Qpn | null;
  frozen: boolean;
}

export interface Qp extends QpRecord {
  /** Changes when the peer moves, and with every move of the guest. */
  qpn: Qpn;
  /** Who it is connected to. */
  remote: RemoteName | null;
  remoteEpoch: number;
  /** Datagrams: the groups that it is in. */
  groups: readonly Group[];
  /** A look-up of the peer's name (key or queue pair) that this work request (by its address) needs. */
  pendingKey: { readonly wqe: number; failed: boolean } | null;
  /** By move of its peer. */
  readonly holds: Map<string, QpHold>;
  /** Bound and not yet running: what its peer reported, to go on by. */
  cut: QpCut | null;
}

/** A hypercall whose answer takes a look-up elsewhere. */
export interface PendingCall {
  readonly sequence: number;
  readonly operation: number;
  readonly words: readonly number[];
  readonly data: Uint8Array;
}

/**
 * Whose a device is: a guest's; a program's that runs beside this host's adapter, whose own names are the adapter's and which
 * stays where it is; or a raw context's, which is such a program's, and nobody may hold it.
 */
export type DeviceKind = "guest" | "program" | "raw";

/** One guest's share of the adapter (the paper's virtual access point) and all that the back-end knows of it. */
export interface Device {
  readonly kind: DeviceKind;
  readonly vlid: VLid;
  readonly memory: DeviceMemory;
  epoch: number;
  readonly pds: Map<number, number>;
  readonly cqs: Map<number, Cq>;
  readonly regions: Map<VKey, Region>;
  readonly qps: Map<VQpn, Qp>;
  readonly srqs: Map<number, Srq>;
  readonly windows: Windows;
  readonly ahs: Map<number, Ah>;
  /** Queue pairs that datagrams go to, as their hosts have told: good under the epoch of the handles that lead there. */
  readonly remoteQps: Map<string, { readonly qpn: Qpn; readonly epoch: number }>;
  /** Guests that have looked up one of this guest's queue pairs: they are connected to it, or send datagrams there. */
  readonly inbound: Set<VLid>;
  /** Made at a destination: queue pairs that BIND has to look at even if they were not used: see `markForBind`. */
  readonly toBind: Set<VQpn>;
  /** The next number of each kind; numbers are never given twice. */
  next: { pd: number; cq: number; region: number; qp: number; ah: number; srq: number };
  /** Asynchronous events that the guest has not got, oldest first. */
  asyncEvents: NamedEvent[];
  last: HypercallResult | null;
  pending: PendingCall | null;
  doorbells: number;
  /** A move has suspended it: connections wait. */
  suspended: boolean;
  /** DETACHED: the adapter no longer touches its memory, hypercalls are not served. */
  detached: boolean;
}

/** All that makes a guest's device again on another host. Plain data, for msgpack. */
export interface DeviceSnapshot {
  readonly vlid: number;
  readonly pds: readonly number[];
  readonly cqs: readonly CqRecord[];
  readonly regions: readonly RegionRecord[];
  readonly qps: readonly (QpRecord & {
    readonly remote: RemoteName | null;
    readonly remoteEpoch: number;
    readonly groups: readonly Group[];
    readonly snapshot: QpSnapshot;
  })[];
  readonly srqs: readonly (SrqRecord & { readonly limit: number })[];
  readonly windows: readonly WindowRecord[];
  readonly ahs: readonly AhRecord[];
  readonly asyncEvents: readonly NamedEvent[];
  readonly inbound: readonly number[];
  readonly next: Device["next"];
  readonly last: HypercallResult | null;
}

/** Where a queue pair can be reached now. */
export interface QpAddress {
  readonly dlid: Lid;
  readonly qpn: Qpn;
  readonly epoch: number;
}

export function newDevice(vlid: VLid, memory: DeviceMemory, epoch: number, kind: DeviceKind = "guest"): Device {
  return {
    kind,
    vlid,
    memory,
    epoch,
    pds: new Map(),
    cqs: new Map(),
    regions: new Map(),
    qps: new Map(),
    srqs: new Map(),
    windows: new Windows(),
    ahs: new Map(),
    remoteQps: new Map(),
    inbound: new Set(),
    toBind: new Set(),
    next: { pd: 1, cq: 1, region: 1, qp: 1, ah: 1, srq: 1 },
    asyncEvents: [],
    last: null,
    pending: null,
    doorbells: 0,
    suspended: false,
    detached: false,
  };
}
