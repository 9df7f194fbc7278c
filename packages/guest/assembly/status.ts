import {
  WC_BAD_RESP_ERR,
  WC_FATAL_ERR,
  WC_GENERAL_ERR,
  WC_LOC_ACCESS_ERR,
  WC_LOC_LEN_ERR,
  WC_LOC_PROT_ERR,
  WC_LOC_QP_OP_ERR,
  WC_MW_BIND_ERR,
  WC_REM_ABORT_ERR,
  WC_REM_ACCESS_ERR,
  WC_REM_INV_REQ_ERR,
  WC_REM_OP_ERR,
  WC_RESP_TIMEOUT_ERR,
  WC_RETRY_EXC_ERR,
  WC_RNR_RETRY_EXC_ERR,
  WC_SUCCESS,
  WC_WR_FLUSH_ERR,
} from "../../abi/src/verbs.ts";

const names = new Map<u32, string>();
names.set(WC_SUCCESS, "IBV_WC_SUCCESS");
names.set(WC_LOC_LEN_ERR, "IBV_WC_LOC_LEN_ERR");
names.set(WC_LOC_QP_OP_ERR, "IBV_WC_LOC_QP_OP_ERR");
names.set(WC_LOC_PROT_ERR, "IBV_WC_LOC_PROT_ERR");
names.set(WC_MW_BIND_ERR, "IBV_WC_MW_BIND_ERR");
names.set(WC_WR_FLUSH_ERR, "IBV_WC_WR_FLUSH_ERR");
names.set(WC_BAD_RESP_ERR, "IBV_WC_BAD_RESP_ERR");
names.set(WC_LOC_ACCESS_ERR, "IBV_WC_LOC_ACCESS_ERR");
names.set(WC_REM_INV_REQ_ERR, "IBV_WC_REM_INV_REQ_ERR");
names.set(WC_REM_ACCESS_ERR, "IBV_WC_REM_ACCESS_ERR");
names.set(WC_REM_OP_ERR, "IBV_WC_REM_OP_ERR");
names.set(WC_RETRY_EXC_ERR, "IBV_WC_RETRY_EXC_ERR");
names.set(WC_RNR_RETRY_EXC_ERR, "IBV_WC_RNR_RETRY_EXC_ERR");
names.set(WC_REM_ABORT_ERR, "IBV_WC_REM_ABORT_ERR");
names.set(WC_FATAL_ERR, "IBV_WC_FATAL_ERR");
names.set(WC_RESP_TIMEOUT_ERR, "IBV_WC_RESP_TIMEOUT_ERR");
names.set(WC_GENERAL_ERR, "IBV_WC_GENERAL_ERR");

/** libibverbs' name of a completion's status. */
export function statusName(status: u32): string {
  return names.has(status) ? names.get(status) : `status ${status}`;
}
