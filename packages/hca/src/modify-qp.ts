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
  QPS_ERR,
  QPS_INIT,
  QPS_RESET,
  QPS_RTR,
  QPS_RTS,
  QPS_SQD,
  QPT_UD,
  QUEUE_REMOTE_EPOCH,
} from "@nomad/abi";
import { NomadError } from "@nomad/base";
import { ackTimeoutMs, mtuBytes, qpStateNames, transitionFault } from "@nomad/iba";
import { PORT_NUMBER } from "./context.ts";
import { RD_ATOMIC_MAX } from "./device-limits.ts";
import { PORT_MTU_BYTES, type Port } from "./port.ts";
import { emptySettings, type QpSettings, type QueuePair } from "./queue-pair.ts";
import { ResponseQueue } from "./response-queue.ts";
import type { QpAttributes } from "./types.ts";

/** For each attribute its bit in a mask, and the values that it may have. */
const rules: Readonly<Record<keyof QpSettings, readonly [bit: number, min: number, max: number]>> = {
  access: [QP_ACCESS_FLAGS, 0, 15],
  enSqdAsyncNotify: [QP_EN_SQD_ASYNC_NOTIFY, 0, 1],
  pkeyIndex: [QP_PKEY_INDEX, 0, 0xffff],
  port: [QP_PORT, PORT_NUMBER, PORT_NUMBER],
  qkey: [QP_QKEY, 0, 0xffffffff],
  pathMtu: [QP_PATH_MTU, 1, 5],
  timeout: [QP_TIMEOUT, 0, 31],
  retryCnt: [QP_RETRY_CNT, 0, 7],
  rnrRetry: [QP_RNR_RETRY, 0, 7],
  rqPsn: [QP_RQ_PSN, 0, 0xffffff],
  sqPsn: [QP_SQ_PSN, 0, 0xffffff],
  maxRdAtomic: [QP_MAX_QP_RD_ATOMIC, 0, RD_ATOMIC_MAX],
  maxDestRdAtomic: [QP_MAX_DEST_RD_ATOMIC, 0, RD_ATOMIC_MAX],
  minRnrTimer: [QP_MIN_RNR_TIMER, 0, 31],
  destQpn: [QP_DEST_QPN, 0, 0xffffff],
  dlid: [QP_AV, 1, 0xffff],
  remoteEpoch: [0, 0, 0xffffffff],
};

const attributeNames = Object.keys(rules) as (keyof QpSettings)[];

/** An adapter has one port and usually one partition: where nothing names them, the first is meant. */
const UNDERSTOOD = QP_PKEY_INDEX | QP_PORT;

/**
 * Checks the attributes against the table of transitions, and sets them. What follows from the new state is the caller's.
 * @throws NomadError E_STATE when the table forbids it, E_VERB when a value is out of range; nothing has changed then.
 */
export function applyAttributes(qp: QueuePair, attributes: QpAttributes, port: Port): void {
  const { curState } = attributes;
  if (curState !== undefined && curState !== qp.state) {
    throw new NomadError("E_STATE", `queue pair ${qp.qpn} is in ${qpStateNames[qp.state]}, not in the state given`);
  }
  const to = attributes.state ?? qp.state;
  const goesToInit = qp.state === QPS_RESET && to === QPS_INIT;
  let mask = attributes.state === undefined ? 0 : QP_STATE;
  if (curState !== undefined) mask |= QP_CUR_STATE;
  if (goesToInit && attributes.pkeyIndex === undefined && attributes.port === undefined) mask |= UNDERSTOOD;
  for (const name of attributeNames) {
    const value = attributes[name];
    if (value === undefined) continue;
    const [bit, min, max] = rules[name];
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new NomadError("E_VERB", `${name} is ${value}: ${min} to ${max} is allowed`);
    }
    mask |= bit;
  }
  const fault = transitionFault(qp.type, qp.state, to, mask);
  if (fault !== null) throw new NomadError("E_STATE", fault);
  if (port.pkey(attributes.pkeyIndex ?? 0) === 0) {
    throw new NomadError("E_VERB", `no partition is at index ${attributes.pkeyIndex ?? 0} of the port's table`);
  }
  for (const name of attributeNames) setSetting(qp.settings, name, attributes[name]);
  if (goesToInit) qp.settings.port = PORT_NUMBER;
  adoptSettings(qp);
}

function setSetting<K extends keyof QpSettings>(settings: QpSettings, name: K, value: QpSettings[K] | undefined): void {
  if (value !== undefined) settings[name] = value;
}

/** Derives from the settings what follows from them. */
export function adoptSettings(qp: QueuePair): void {
  qp.mtu = qp.type === QPT_UD ? PORT_MTU_BYTES : (mtuBytes(qp.settings.pathMtu) ?? 0);
  qp.timeoutMs = ackTimeoutMs(qp.settings.timeout);
  qp.sq.store(QUEUE_REMOTE_EPOCH, qp.settings.remoteEpoch);
}

/** Prepares the two halves for the state that they enter. */
export function enterState(qp: QueuePair, to: number): void {
  const { requester, responder, settings } = qp;
  if (to === QPS_RTR && qp.state !== QPS_RTR) {
    responder.responses = new ResponseQueue(settings.maxDestRdAtomic);
    responder.restartAt(settings.rqPsn);
  }
  if (to === QPS_RTS && qp.state === QPS_RTR) requester.restartAt(settings.sqPsn);
  if (to === QPS_RTS) {
    requester.retriesLeft = settings.retryCnt;
    requester.rnrRetriesLeft = settings.rnrRetry;
  }
  if (to === QPS_SQD && qp.state !== QPS_SQD) qp.drainEventDue = settings.enSqdAsyncNotify === 1;
  if (to === QPS_RESET) discardAll(qp);
  if (to === QPS_ERR) responder.responses.clear();
}

/** To RESET: all that is posted is forgotten, without completions. */
function discardAll(qp: QueuePair): void {
  qp.requester.abandon(qp.sq.producer);
  qp.responder.restartAt(emptySettings().rqPsn);
  if (qp.srq === null) qp.receives.discard();
  qp.settings = emptySettings();
  adoptSettings(qp);
  qp.storeConsumers();
}
