import { SEND_FENCE, SEND_SIGNALED, SEND_SOLICITED } from "@nomad/abi";
import type { LKey, RKey } from "@nomad/base";
import type * as queues from "@nomad/hca/testing";
import { wrOpcodes } from "./names.ts";

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

/** A send work request, by the names of ibv_send_wr. */
export type SendWr = Common &
  (
    | ({ readonly opcode: "WR_SEND" } & Payload)
    | ({ readonly opcode: "WR_SEND_WITH_IMM" } & Payload & Immediate)
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
interface AnySendWr extends Common, Payload, Partial<Remote>, Partial<Immediate> {
  readonly opcode: SendWr["opcode"];
  readonly compare?: bigint;
  readonly swap?: bigint;
  readonly add?: bigint;
}

/** As the queue takes it. */
export function toSendRequest(any: SendWr): queues.SendWr {
  const wr: AnySendWr = any;
  const request = {
    id: BigInt(wr.wrId ?? 0),
    opcode: wrOpcodes[wr.opcode],
    flags: (wr.signaled ? SEND_SIGNALED : 0) | (wr.solicited ? SEND_SOLICITED : 0) | (wr.fence ? SEND_FENCE : 0),
    sges: sgesOf(wr.sgList),
    immediate: wr.immediate ?? 0,
    remoteAddress: wr.remoteAddress ?? 0,
    rkey: (wr.rkey ?? 0) as RKey,
    compareAdd: wr.add ?? wr.compare ?? 0n,
    swap: wr.swap ?? 0n,
  };
  return wr.inline === undefined ? request : { ...request, inline: wr.inline };
}

/** As the queue takes it. */
export function toRecvRequest(wr: RecvWr): queues.RecvWr {
  return { id: BigInt(wr.wrId ?? 0), sges: sgesOf(wr.sgList) };
}

function sgesOf(list: readonly Sge[] | undefined): readonly queues.Sge[] {
  return (list ?? []) as readonly (Sge & { readonly lkey: LKey })[];
}
