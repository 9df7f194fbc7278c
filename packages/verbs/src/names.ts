import * as abi from "@nomad/abi";

// The numbers of libibverbs by their names, less the IBV_ in front.

/**
 * Why a work request ended: enum ibv_wc_status. Not every adapter gives all: LOC_EEC_OP_ERR, LOC_RDD_VIOL_ERR and
 * REM_ABORT_ERR belong to reliable datagrams, which there are none of here; FATAL_ERR, RESP_TIMEOUT_ERR and GENERAL_ERR are
 * for faults of hardware and driver.
 */
export const wcStatuses = {
  WC_SUCCESS: abi.WC_SUCCESS,
  WC_LOC_LEN_ERR: abi.WC_LOC_LEN_ERR,
  WC_LOC_QP_OP_ERR: abi.WC_LOC_QP_OP_ERR,
  WC_LOC_EEC_OP_ERR: abi.WC_LOC_EEC_OP_ERR,
  WC_LOC_PROT_ERR: abi.WC_LOC_PROT_ERR,
  WC_WR_FLUSH_ERR: abi.WC_WR_FLUSH_ERR,
  WC_MW_BIND_ERR: abi.WC_MW_BIND_ERR,
  WC_BAD_RESP_ERR: abi.WC_BAD_RESP_ERR,
  WC_LOC_ACCESS_ERR: abi.WC_LOC_ACCESS_ERR,
  WC_REM_INV_REQ_ERR: abi.WC_REM_INV_REQ_ERR,
  WC_REM_ACCESS_ERR: abi.WC_REM_ACCESS_ERR,
  WC_REM_OP_ERR: abi.WC_REM_OP_ERR,
  WC_RETRY_EXC_ERR: abi.WC_RETRY_EXC_ERR,
  WC_RNR_RETRY_EXC_ERR: abi.WC_RNR_RETRY_EXC_ERR,
  WC_LOC_RDD_VIOL_ERR: abi.WC_LOC_RDD_VIOL_ERR,
  WC_REM_INV_RD_REQ_ERR: abi.WC_REM_INV_RD_REQ_ERR,
  WC_REM_ABORT_ERR: abi.WC_REM_ABORT_ERR,
  WC_FATAL_ERR: abi.WC_FATAL_ERR,
  WC_RESP_TIMEOUT_ERR: abi.WC_RESP_TIMEOUT_ERR,
  WC_GENERAL_ERR: abi.WC_GENERAL_ERR,
} as const;
export type WcStatus = keyof typeof wcStatuses;

/** What a completed work request was: enum ibv_wc_opcode. */
export const wcOpcodes = {
  WC_SEND: abi.WC_SEND,
  WC_RDMA_WRITE: abi.WC_RDMA_WRITE,
  WC_RDMA_READ: abi.WC_RDMA_READ,
  WC_COMP_SWAP: abi.WC_COMP_SWAP,
  WC_FETCH_ADD: abi.WC_FETCH_ADD,
  WC_BIND_MW: abi.WC_BIND_MW,
  WC_LOCAL_INV: abi.WC_LOCAL_INV,
  WC_RECV: abi.WC_RECV,
  WC_RECV_RDMA_WITH_IMM: abi.WC_RECV_RDMA_WITH_IMM,
} as const;
export type WcOpcode = keyof typeof wcOpcodes;

/** What is posted to a send queue: enum ibv_wr_opcode. */
export const wrOpcodes = {
  WR_RDMA_WRITE: abi.WR_RDMA_WRITE,
  WR_RDMA_WRITE_WITH_IMM: abi.WR_RDMA_WRITE_WITH_IMM,
  WR_SEND: abi.WR_SEND,
  WR_SEND_WITH_IMM: abi.WR_SEND_WITH_IMM,
  WR_RDMA_READ: abi.WR_RDMA_READ,
  WR_ATOMIC_CMP_AND_SWP: abi.WR_ATOMIC_CMP_AND_SWP,
  WR_ATOMIC_FETCH_AND_ADD: abi.WR_ATOMIC_FETCH_AND_ADD,
  WR_LOCAL_INV: abi.WR_LOCAL_INV,
  WR_BIND_MW: abi.WR_BIND_MW,
  WR_SEND_WITH_INV: abi.WR_SEND_WITH_INV,
} as const;
export type WrOpcode = keyof typeof wrOpcodes;

/** What a memory region, or a queue pair's peer, may do: enum ibv_access_flags. Combine with `|`. */
export const access = {
  LOCAL_WRITE: abi.ACCESS_LOCAL_WRITE,
  REMOTE_WRITE: abi.ACCESS_REMOTE_WRITE,
  REMOTE_READ: abi.ACCESS_REMOTE_READ,
  REMOTE_ATOMIC: abi.ACCESS_REMOTE_ATOMIC,
  MW_BIND: abi.ACCESS_MW_BIND,
  ZERO_BASED: abi.ACCESS_ZERO_BASED,
} as const;

/** Transports of a queue pair: enum ibv_qp_type. */
export const qpTypes = { RC: abi.QPT_RC, UC: abi.QPT_UC, UD: abi.QPT_UD } as const;
export type QpType = keyof typeof qpTypes;

/** The names of a table by their numbers. */
export function namesOf<Name extends string>(table: Readonly<Record<Name, number>>): readonly (Name | undefined)[] {
  const names: (Name | undefined)[] = [];
  for (const name in table) names[table[name]] = name;
  return names;
}
