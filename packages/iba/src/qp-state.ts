import {
  QP_ACCESS_FLAGS,
  QP_AV,
  QP_DEST_QPN,
  QP_MAX_DEST_RD_ATOMIC,
  QP_MAX_QP_RD_ATOMIC,
  QP_MIN_RNR_TIMER,
  QP_PATH_MTU,
  QP_PKEY_INDEX,
  QP_PORT,
  QP_RETRY_CNT,
  QP_RNR_RETRY,
  QP_RQ_PSN,
  QP_SQ_PSN,
  QP_STATE,
  QP_TIMEOUT,
  QPT_RC,
} from "@nomad/abi";

/** Names of the queue pair's states, by their number in libibverbs. */
export const qpStateNames = ["RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR"] as const;

export type QpStateName = (typeof qpStateNames)[number];

/** Which attributes (QP_* bits) a transition must and may set, besides the state itself. */
export interface Transition {
  readonly required: number;
  readonly optional: number;
}

type Transitions = Partial<Record<QpStateName, Partial<Record<QpStateName, Transition>>>>;

const nothing: Transition = { required: 0, optional: 0 };

/** Transitions of a reliable connection (ibv_modify_qp(3)); what is not here is forbidden. */
const rc: Transitions = {
  RESET: {
    RESET: nothing,
    INIT: { required: QP_PKEY_INDEX | QP_PORT | QP_ACCESS_FLAGS, optional: 0 },
  },
  INIT: {
    RESET: nothing,
    INIT: { required: 0, optional: QP_PKEY_INDEX | QP_PORT | QP_ACCESS_FLAGS },
    RTR: {
      required: QP_AV | QP_PATH_MTU | QP_DEST_QPN | QP_RQ_PSN | QP_MAX_DEST_RD_ATOMIC | QP_MIN_RNR_TIMER,
      optional: QP_ACCESS_FLAGS | QP_PKEY_INDEX,
    },
    ERR: nothing,
  },
  RTR: {
    RESET: nothing,
    RTS: {
      required: QP_SQ_PSN | QP_TIMEOUT | QP_RETRY_CNT | QP_RNR_RETRY | QP_MAX_QP_RD_ATOMIC,
      optional: QP_ACCESS_FLAGS | QP_MIN_RNR_TIMER,
    },
    ERR: nothing,
  },
  RTS: {
    RESET: nothing,
    RTS: { required: 0, optional: QP_ACCESS_FLAGS | QP_MIN_RNR_TIMER },
    SQD: nothing,
    ERR: nothing,
  },
  SQD: {
    RESET: nothing,
    RTS: { required: 0, optional: QP_ACCESS_FLAGS | QP_MIN_RNR_TIMER },
    SQD: {
      required: 0,
      optional:
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
    },
    ERR: nothing,
  },
  ERR: { RESET: nothing, ERR: nothing },
};

const transitionsByType: Readonly<Record<number, Transitions>> = { [QPT_RC]: rc };

/** The transition's attributes, or null when it is forbidden. States are libibverbs' numbers. */
export function transition(type: number, from: number, to: number): Transition | null {
  const fromName = qpStateNames[from];
  const toName = qpStateNames[to];
  if (fromName === undefined || toName === undefined) return null;
  return transitionsByType[type]?.[fromName]?.[toName] ?? null;
}

/** Why a transition with these attributes (QP_* bits) is forbidden, in words; null when it is allowed. */
export function transitionFault(type: number, from: number, to: number, mask: number): string | null {
  const allowed = transition(type, from, to);
  const what = `${qpStateNames[from] ?? from} to ${qpStateNames[to] ?? to}`;
  if (allowed === null) return `${what} is not a transition of this queue pair`;
  const missing = allowed.required & ~mask;
  if (missing !== 0) return `${what} needs attributes 0x${missing.toString(16)}`;
  const surplus = mask & ~(allowed.required | allowed.optional | QP_STATE);
  if (surplus !== 0) return `${what} does not take attributes 0x${surplus.toString(16)}`;
  return null;
}
