import {
  CQE_BYTE_LEN,
  CQE_FLAGS,
  CQE_ID,
  CQE_IMM,
  CQE_OPCODE,
  CQE_PKEY_INDEX,
  CQE_QP_NUM,
  CQE_SLID,
  CQE_SRC_QP,
  CQE_STATUS,
  CQE_VENDOR_ERR,
  WC_GRH,
  WC_WITH_IMM,
  WC_WITH_INV,
} from "@nomad/abi";
import { namesOf, type WcOpcode, type WcStatus, wcOpcodes, wcStatuses } from "./names.ts";

const statusNames = namesOf(wcStatuses);
const opcodeNames = namesOf(wcOpcodes);

/** A work completion, by the names of ibv_wc. Polling may write into one that exists: `CompletionQueue.pollInto`. */
export class WorkCompletion {
  /** Of the work request. */
  wrId = 0;
  status: WcStatus = "WC_SUCCESS";
  /** Not valid when the status is an error, as in libibverbs. */
  opcode: WcOpcode = "WC_SEND";
  /** Bytes received, read, or swapped. */
  byteLen = 0;
  /** Immediate data, or null when there is none. */
  immediate: number | null = null;
  /** The rkey that the message invalidated, or null. */
  invalidated: number | null = null;
  /** Of the queue pair whose work request it is. */
  qpNum = 0;
  /** Datagrams: the queue pair that sent, its port, and the index of its partition. */
  srcQp = 0;
  slid = 0;
  pkeyIndex = 0;
  /** The buffer begins with a global route header of 40 bytes: datagrams. */
  grh = false;
  vendorErr = 0;

  /** Takes the completion at `at` in memory, whose queue pair has the number `qpNum`. */
  load(view: DataView, at: number, qpNum: number): void {
    this.wrId = view.getUint32(at + CQE_ID, true) + view.getUint32(at + CQE_ID + 4, true) * 2 ** 32;
    this.status = statusNames[view.getUint32(at + CQE_STATUS, true)] ?? "WC_GENERAL_ERR";
    this.opcode = opcodeNames[view.getUint32(at + CQE_OPCODE, true)] ?? "WC_SEND";
    this.byteLen = view.getUint32(at + CQE_BYTE_LEN, true);
    const flags = view.getUint32(at + CQE_FLAGS, true);
    const immediate = view.getUint32(at + CQE_IMM, true);
    this.immediate = (flags & WC_WITH_IMM) === 0 ? null : immediate;
    this.invalidated = (flags & WC_WITH_INV) === 0 ? null : immediate;
    this.grh = (flags & WC_GRH) !== 0;
    this.qpNum = qpNum;
    this.srcQp = view.getUint32(at + CQE_SRC_QP, true);
    this.slid = view.getUint32(at + CQE_SLID, true);
    this.pkeyIndex = view.getUint32(at + CQE_PKEY_INDEX, true);
    this.vendorErr = view.getUint32(at + CQE_VENDOR_ERR, true);
  }
}

/** The number that a completion at `at` knows its queue pair by. */
export function userIndexAt(view: DataView, at: number): number {
  return view.getUint32(at + CQE_QP_NUM, true);
}
