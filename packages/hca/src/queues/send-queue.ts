import {
  QUEUE_REMOTE_EPOCH,
  SEND_INLINE,
  SEND_WQE_AH,
  SEND_WQE_BIND_ACCESS,
  SEND_WQE_BIND_TYPE,
  SEND_WQE_COMPARE_ADD,
  SEND_WQE_IMM,
  SEND_WQE_REMOTE_ADDRESS,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_REMOTE_QKEY,
  SEND_WQE_REMOTE_QPN,
  SEND_WQE_RKEY,
  SEND_WQE_SGES,
  SEND_WQE_SWAP,
  WQE_FLAGS,
  WQE_ID,
  WQE_LOCAL_EPOCH,
  WQE_OPCODE,
  WQE_SGE_COUNT,
  WR_BIND_MW,
} from "@nomad/abi";
import type { LKey, RKey } from "@nomad/base";
import { sendStride } from "../ring.ts";
import type { DeviceMemory, MwType, RingLocation } from "../types.ts";
import { Indices } from "./indices.ts";
import { type Sge, writeAddress, writeSges } from "./sge.ts";

/** Where a datagram goes (ibv_send_wr's wr.ud). */
export interface UdTarget {
  /** Address handle. */
  readonly ah: number;
  /** Queue pair number; of no account for a multicast group. */
  readonly qpn?: number;
  /** With its highest bit set: that of the sending queue pair. */
  readonly qkey: number;
  /** The target's epoch that handle and number are valid under. */
  readonly remoteEpoch?: number;
}

/** What WR_BIND_MW binds a window to (ibv_mw_bind_info); no bytes unbind one of type 1. The window's new key is `rkey`. */
export interface MwBinding {
  readonly type: MwType;
  /** Of the region. */
  readonly lkey: LKey;
  readonly address: number;
  readonly length: number;
  /** ACCESS_* flags. */
  readonly access: number;
}

/** A send work request, by the names of ibv_send_wr. */
export interface SendWr {
  readonly id: bigint;
  /** WR_* */
  readonly opcode: number;
  /** SEND_* flags; SEND_INLINE is set by `inline`. */
  readonly flags?: number;
  readonly sges?: readonly Sge[];
  /** Data that is copied into the work request in place of elements. */
  readonly inline?: Uint8Array;
  readonly immediate?: number;
  readonly remoteAddress?: number;
  /** The peer's key; what WR_LOCAL_INV and WR_SEND_WITH_INV invalidate; what WR_BIND_MW gives the window. */
  readonly rkey?: RKey;
  readonly compareAdd?: bigint;
  readonly swap?: bigint;
  readonly ud?: UdTarget;
  readonly bind?: MwBinding;
}

/** A send queue, as a program posts to it. */
export class SendQueue {
  readonly location: RingLocation;
  /** The epoch under which its local keys are valid. */
  localEpoch: number;
  readonly #indices: Indices;

  constructor(memory: DeviceMemory, location: RingLocation, maxSge: number, localEpoch: number) {
    this.location = location;
    this.localEpoch = localEpoch;
    this.#indices = new Indices(memory, location, sendStride(maxSge));
  }

  /** Work requests posted and not executed. */
  get used(): number {
    return this.#indices.used;
  }

  /** Posts one; ring the doorbell afterwards. Returns where it stands. */
  post(wr: SendWr): number {
    const at = this.#indices.open();
    const { view, bytes } = this.#indices.memory;
    const sges = sgesOf(wr);
    view.setBigUint64(at + WQE_ID, wr.id, true);
    view.setUint32(at + WQE_OPCODE, wr.opcode, true);
    view.setUint32(at + WQE_FLAGS, (wr.flags ?? 0) | (wr.inline ? SEND_INLINE : 0), true);
    view.setUint32(at + WQE_SGE_COUNT, wr.inline?.length ?? sges.length, true);
    view.setUint32(at + WQE_LOCAL_EPOCH, this.localEpoch, true);
    view.setUint32(at + SEND_WQE_IMM, wr.immediate ?? 0, true);
    view.setUint32(at + SEND_WQE_REMOTE_EPOCH, wr.ud?.remoteEpoch ?? this.#indices.load(QUEUE_REMOTE_EPOCH), true);
    writeAddress(view, at + SEND_WQE_REMOTE_ADDRESS, wr.remoteAddress ?? 0);
    view.setUint32(at + SEND_WQE_RKEY, wr.rkey ?? 0, true);
    view.setBigUint64(at + SEND_WQE_COMPARE_ADD, wr.compareAdd ?? 0n, true);
    view.setBigUint64(at + SEND_WQE_SWAP, wr.swap ?? 0n, true);
    if (wr.ud) writeTarget(view, at, wr.ud);
    if (wr.bind) writeBinding(view, at, wr.bind);
    if (wr.inline) bytes.set(wr.inline, at + SEND_WQE_SGES);
    else writeSges(view, at + SEND_WQE_SGES, sges);
    this.#indices.publish();
    return at;
  }
}

/** A bind names its range by the one element that it has. */
function sgesOf({ opcode, sges = [], bind }: SendWr): readonly Sge[] {
  return opcode === WR_BIND_MW && bind && bind.length > 0 ? [bind] : sges;
}

function writeTarget(view: DataView, at: number, { ah, qpn = 0, qkey }: UdTarget): void {
  view.setUint32(at + SEND_WQE_AH, ah, true);
  view.setUint32(at + SEND_WQE_REMOTE_QPN, qpn, true);
  view.setUint32(at + SEND_WQE_REMOTE_QKEY, qkey, true);
}

function writeBinding(view: DataView, at: number, { type, access }: MwBinding): void {
  view.setUint32(at + SEND_WQE_BIND_ACCESS, access, true);
  view.setUint32(at + SEND_WQE_BIND_TYPE, type, true);
}
