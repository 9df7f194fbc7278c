import {
  QP_ACCESS_FLAGS,
  QP_AV,
  QP_CUR_STATE,
  QP_DEST_QPN,
  QP_EN_SQD_ASYNC_NOTIFY,
  QP_MAX_DEST_RD_ATOMIC,
  QP_MAX_QP_RD_ATOMIC,
  QP_MIN_RNR_TIMER,
  QP_PATH_MTU,
  QP_PKEY_INDEX,
  QP_PORT,
  QP_QKEY,
  QP_RETRY_CNT,
  QP_RNR_RETRY,
  QP_RQ_PSN,
  QP_SQ_PSN,
  QP_STATE,
  QP_TIMEOUT,
} from "@nomad/abi";
import type { VLid, VQpn } from "@nomad/base";
import type { QpAttributes } from "@nomad/hca";
import type { RemoteName } from "./device.ts";

/** Words of HC_MODIFY_QP from word 2 on, each with its bit of the mask; destination names are apart. */
const fields: readonly { readonly mask: number; readonly word: number; readonly name: keyof QpAttributes }[] = [
  { mask: QP_STATE, word: 2, name: "state" },
  { mask: QP_ACCESS_FLAGS, word: 3, name: "access" },
  { mask: QP_PATH_MTU, word: 4, name: "pathMtu" },
  { mask: QP_TIMEOUT, word: 5, name: "timeout" },
  { mask: QP_RETRY_CNT, word: 6, name: "retryCnt" },
  { mask: QP_RNR_RETRY, word: 7, name: "rnrRetry" },
  { mask: QP_RQ_PSN, word: 8, name: "rqPsn" },
  { mask: QP_SQ_PSN, word: 9, name: "sqPsn" },
  { mask: QP_MAX_QP_RD_ATOMIC, word: 10, name: "maxRdAtomic" },
  { mask: QP_MAX_DEST_RD_ATOMIC, word: 11, name: "maxDestRdAtomic" },
  { mask: QP_MIN_RNR_TIMER, word: 12, name: "minRnrTimer" },
  { mask: QP_QKEY, word: 15, name: "qkey" },
  { mask: QP_PKEY_INDEX, word: 16, name: "pkeyIndex" },
  { mask: QP_PORT, word: 17, name: "port" },
  { mask: QP_CUR_STATE, word: 18, name: "curState" },
  { mask: QP_EN_SQD_ASYNC_NOTIFY, word: 19, name: "enSqdAsyncNotify" },
];

/** Read HC_MODIFY_QP's words (abi/hypercall.ts). The adapter judges the values. */
export function decodeQpAttributes(words: readonly number[]): { attributes: QpAttributes; remote: RemoteName | null } {
  const mask = words[1] ?? 0;
  const present = fields.filter((f) => (mask & f.mask) !== 0).map((f) => [f.name, words[f.word] ?? 0]);
  const named = (mask & QP_DEST_QPN) !== 0 && (mask & QP_AV) !== 0;
  return {
    attributes: Object.fromEntries(present) as QpAttributes,
    remote: named ? { vqpn: (words[13] ?? 0) as VQpn, vlid: (words[14] ?? 0) as VLid } : null,
  };
}
