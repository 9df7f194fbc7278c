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
  QP_TIMEOUT,
  QPT_RC,
  QPT_UC,
  QPT_UD,
} from "@nomad/abi";

/** Names of the queue pair's states, by their number in libibverbs. */
export const qpStateNames = ["RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR"] as const;

export type QpStateName = (typeof qpStateNames)[number];

/** Which attributes (QP_* bits) a transition must and may set, besides the state itself. */
export interface Transition {
  readonly required: number;
  readonly optional: number;
}

/** By the states from and to; what is not there is forbidden. */
export type Transitions = Partial<Record<QpStateName, Partial<Record<QpStateName, Transition>>>>;

const nothing: Transition = { required: 0, optional: 0 };
const needs = (required: number, optional = 0): Transition => ({ required, optional });
const may = (optional: number): Transition => ({ required: 0, optional });
/** Any state may go back to RESET, and any but RESET to ERR. */
const ends = { RESET: nothing, ERR: nothing };
const drain = may(QP_EN_SQD_ASYNC_NOTIFY);

/** Reliable connection (ibv_modify_qp(3)). Alternate paths are left out: a path never migrates by itself. */
const rc: Transitions = {
  RESET: { RESET: nothing, INIT: needs(QP_PKEY_INDEX | QP_PORT | QP_ACCESS_FLAGS) },
  INIT: {
    ...ends,
    INIT: may(QP_PKEY_INDEX | QP_PORT | QP_ACCESS_FLAGS),
    RTR: needs(
      QP_AV | QP_PATH_MTU | QP_DEST_QPN | QP_RQ_PSN | QP_MAX_DEST_RD_ATOMIC | QP_MIN_RNR_TIMER,
      QP_ACCESS_FLAGS | QP_PKEY_INDEX,
    ),
  },
  RTR: {
    ...ends,
    RTS: needs(
      QP_SQ_PSN | QP_TIMEOUT | QP_RETRY_CNT | QP_RNR_RETRY | QP_MAX_QP_RD_ATOMIC,
      QP_CUR_STATE | QP_ACCESS_FLAGS | QP_MIN_RNR_TIMER,
    ),
  },
  RTS: { ...ends, RTS: may(QP_CUR_STATE | QP_ACCESS_FLAGS | QP_MIN_RNR_TIMER), SQD: drain },
  SQD: {
    ...ends,
    RTS: may(QP_CUR_STATE | QP_ACCESS_FLAGS | QP_MIN_RNR_TIMER),
    SQD: may(
      QP_PKEY_INDEX |
        QP_PORT |
        QP_AV |
        QP_ACCESS_FLAGS |
        QP_TIMEOUT |
        QP_RETRY_CNT |
        QP_RNR_RETRY |
        QP_MIN_RNR_TIMER |
        QP_MAX_QP_RD_ATOMIC |
        QP_MAX_DEST_RD_ATOMIC,
    ),
  },
  ERR: ends,
};

const uc: Transitions = {
  RESET: { RESET: nothing, INIT: needs(QP_PKEY_INDEX | QP_PORT | QP_ACCESS_FLAGS) },
  INIT: {
    ...ends,
    INIT: may(QP_PKEY_INDEX | QP_PORT | QP_ACCESS_FLAGS),
    RTR: needs(QP_AV | QP_PATH_MTU | QP_DEST_QPN | QP_RQ_PSN, QP_ACCESS_FLAGS | QP_PKEY_INDEX),
  },
  RTR: { ...ends, RTS: needs(QP_SQ_PSN, QP_CUR_STATE | QP_ACCESS_FLAGS) },
  RTS: { ...ends, RTS: may(QP_CUR_STATE | QP_ACCESS_FLAGS), SQD: drain },
  SQD: { ...ends, RTS: may(QP_CUR_STATE | QP_ACCESS_FLAGS), SQD: may(QP_PKEY_INDEX | QP_AV | QP_ACCESS_FLAGS) },
  SQE: { ...ends, RTS: may(QP_CUR_STATE | QP_ACCESS_FLAGS) },
  ERR: ends,
};

const ud: Transitions = {
  RESET: { RESET: nothing, INIT: needs(QP_PKEY_INDEX | QP_PORT | QP_QKEY) },
  INIT: { ...ends, INIT: may(QP_PKEY_INDEX | QP_PORT | QP_QKEY), RTR: may(QP_PKEY_INDEX | QP_QKEY) },
  RTR: { ...ends, RTS: needs(QP_SQ_PSN, QP_CUR_STATE | QP_QKEY) },
  RTS: { ...ends, RTS: may(QP_CUR_STATE | QP_QKEY), SQD: drain },
  SQD: { ...ends, RTS: may(QP_CUR_STATE | QP_QKEY), SQD: may(QP_PKEY_INDEX | QP_QKEY) },
  SQE: { ...ends, RTS: may(QP_CUR_STATE | QP_QKEY) },
  ERR: ends,
};

/** By QPT_*. */
export const transitionsByType: Readonly<Record<number, Transitions>> = {
  [QPT_RC]: rc,
  [QPT_UC]: uc,
  [QPT_UD]: ud,
};
