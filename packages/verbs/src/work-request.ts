import { SEND_FENCE, SEND_SIGNALED, SEND_SOLICITED } from "@nomad/abi";
import type { LKey, RKey } from "@nomad/base";
import type * as queues from "@nomad/hca/queues";
import type { AddressHandle } from "./address-handle.ts";
import type { MemoryWindow, MwBinding } from "./memory-window.ts";
import { wrOpcodes } from "./names.ts";

/** There are no virtual names here: the keys in a work request are the adapter's, and always valid. */
export const EPOCH = 1;

/** Scatter-gather element: `length` bytes at `address`, which the region of `lkey` covers. */
export interface Sge {
  readonly address: number;
  readonly length: number;
  readonly lkey: number;
}

interface Common {
  /** Comes back in the completion. A safe integer, where libibverbs has 64 bits. Default 0. */
  readonly wrId?: number;
  /** Ask for a completion, where the queue pair does not give one for each (`sqSigAll: false`). */
  readonly signaled?: boolean;
  /** Wait until all fetches before it are done. */
  readonly fence?: boolean;
}

interface Payload {
  readonly sgList?: readonly Sge[];
  /** Bytes that are copied as it is posted, in place of elements; at most `maxInlineData`. */
  readonly inline?: Uint8Array;
  /** The receiver's completion is a solicited event. */
  readonly solicited?: boolean;
}

/** Where a datagram goes: wr.ud. */
export interface UdTarget {
  readonly ah: AddressHandle;
  /** 0xffffff for a multicast group. */
  readonly remoteQpn: number;
  /** With its highest bit set, the sending queue pair's own is used. */
  readonly remoteQkey: number;
}

interface MaybeDatagram {
  /** Needed on a UD queue pair, and of no meaning on others. */
  readonly ud?: UdTarget;
}

interface Remote {
  readonly remoteAddress: number;
  readonly rkey: number;
}

interface Fetch extends Remote {
  readonly sgList: readonly Sge[];
}

interface Immediate {
  /** u32 */
  readonly immediate: number;
}

interface Invalidation {
  /** The peer's window or region with this key (WR_SEND_WITH_INV), or one's own (WR_LOCAL_INV). */
  readonly invalidateRkey: number;
}

interface Bind {
  readonly mw: MemoryWindow;
  readonly bind: MwBinding;
}

/** A send work request, by the names of ibv_send_wr. */
export type SendWr = Common &
  (
    | ({ readonly opcode: "WR_SEND" } & Payload & MaybeDatagram)
    | ({ readonly opcode: "WR_SEND_WITH_IMM" } & Payload & MaybeDatagram & Immediate)
    | ({ readonly opcode: "WR_SEND_WITH_INV" } & Payload & Invalidation)
    | ({ readonly opcode: "WR_LOCAL_INV" } & Invalidation)
    /** The window's `rkey` is the new one as soon as this is posted. */
    | ({ readonly opcode: "WR_BIND_MW" } & Bind)
    | ({ readonly opcode: "WR_RDMA_WRITE" } & Payload & Remote)
    | ({ readonly opcode: "WR_RDMA_WRITE_WITH_IMM" } & Payload & Remote & Immediate)
    | ({ readonly opcode: "WR_RDMA_READ" } & Fetch)
    /** What was there comes into the element; `swap` is stored if that was `compare`. */
    | ({ readonly opcode: "WR_ATOMIC_CMP_AND_SWP"; readonly compare: bigint; readonly swap: bigint } & Fetch)
    /** What was there comes into the element; `add` is added. */
    | ({ readonly opcode: "WR_ATOMIC_FETCH_AND_ADD"; readonly add: bigint } & Fetch)
  );

/** A receive work request, by the names of ibv_recv_wr. */
export interface RecvWr {
  readonly wrId?: number;
  readonly sgList?: readonly Sge[];
}

/** Any send work request, as one looks at it before its opcode. */
interface AnySendWr
  extends Common,
    Payload,
    MaybeDatagram,
    Partial<Remote>,
    Partial<Immediate>,
    Partial<Invalidation>,
    Partial<Bind> {
  readonly opcode: SendWr["opcode"];
  readonly compare?: bigint;
  readonly swap?: bigint;
  readonly add?: bigint;
}

/** What most work requests come to. One is used for all: a queue copies what it is given, and nothing need be allocated. */
const request = {
  id: 0n,
  opcode: 0,
  flags: 0,
  sges: [] as readonly queues.Sge[],
  immediate: 0,
  remoteAddress: 0,
  rkey: 0 as RKey,
  compareAdd: 0n,
  swap: 0n,
};

/** As the queue takes it; valid until the next is asked for. */
export function toSendRequest(any: SendWr): queues.SendWr {
  const wr: AnySendWr = any;
  request.id = idOf(wr.wrId);
  request.opcode = wrOpcodes[wr.opcode];
  request.flags = (wr.signaled ? SEND_SIGNALED : 0) | (wr.solicited ? SEND_SOLICITED : 0) | (wr.fence ? SEND_FENCE : 0);
  request.sges = sgesOf(wr.sgList);
  request.immediate = wr.immediate ?? 0;
  request.remoteAddress = wr.remoteAddress ?? 0;
  request.rkey = (wr.rkey ?? wr.invalidateRkey ?? 0) as RKey;
  request.compareAdd = wr.add ?? wr.compare ?? 0n;
  request.swap = wr.swap ?? 0n;
  if (wr.inline !== undefined) return { ...request, inline: wr.inline, ...(wr.ud && { ud: toTarget(wr.ud) }) };
  if (wr.ud !== undefined) return { ...request, ud: toTarget(wr.ud) };
  if (wr.mw !== undefined && wr.bind !== undefined) return { ...request, ...wr.mw.toBind(wr.bind) };
  return request;
}

function toTarget({ ah, remoteQpn, remoteQkey }: UdTarget): queues.UdTarget {
  return { ah: ah.handle, qpn: remoteQpn, qkey: remoteQkey };
}

const recvRequest = { id: 0n, sges: request.sges };

/** As the queue takes it; valid until the next is asked for. */
export function toRecvRequest(wr: RecvWr): queues.RecvWr {
  recvRequest.id = idOf(wr.wrId);
  recvRequest.sges = sgesOf(wr.sgList);
  return recvRequest;
}

function idOf(wrId: number | undefined): bigint {
  return wrId === undefined ? 0n : BigInt(wrId);
}

const noSges: readonly Sge[] = [];

function sgesOf(list: readonly Sge[] = noSges): readonly queues.Sge[] {
  return list as readonly (Sge & { readonly lkey: LKey })[];
}
