import { QPS_RTR, QPS_SQD } from "@nomad/abi";
import { NomadError } from "@nomad/base";
import { adoptSettings } from "./modify-qp.ts";
import { emptySettings, type QueuePair } from "./queue-pair.ts";
import { ResponseQueue } from "./response-queue.ts";
import type { QpSnapshot } from "./types.ts";

/**
 * What the queue pair is, as plain data. An incoming message of which only a part has come is left out: its receive work
 * request stays posted.
 * @throws NomadError E_STATE while it may still change: it is neither frozen nor held, or has something under way.
 */
export function snapshotOf(qp: QueuePair): QpSnapshot {
  const { requester, responder, settings } = qp;
  const resting = qp.frozen || qp.holders.size > 0;
  if (!resting || requester.busy) {
    throw new NomadError(
      "E_STATE",
      `queue pair ${qp.qpn} is ${requester.busy ? "not drained" : "neither frozen nor held"}`,
    );
  }
  if (qp.srq !== null && responder.holdsReceive) {
    throw new NomadError(
      "E_STATE",
      `queue pair ${qp.qpn} has taken a receive work request for a message that is not whole`,
    );
  }
  return {
    type: qp.type,
    state: qp.state,
    attributes: { ...settings },
    sqPsn: requester.nextPsn,
    rqPsn: responder.expectedPsn,
    msn: responder.msn,
    sqConsumer: requester.consumer,
    rqConsumer: qp.srq === null ? qp.receives.consumer : 0,
    signalAll: qp.init.signalAll,
    userIndex: qp.init.userIndex,
    atomics: responder.atomics.map(({ psn, original }) => ({ psn, original })),
  };
}

/** Makes a new queue pair what the snapshot says. The snapshot, not device memory, tells how far the queues are executed. */
export function applySnapshot(qp: QueuePair, snapshot: QpSnapshot): void {
  const { requester, responder } = qp;
  qp.state = snapshot.state;
  qp.settings = { ...emptySettings(), ...snapshot.attributes };
  adoptSettings(qp);
  requester.consumer = snapshot.sqConsumer;
  requester.restartAt(snapshot.sqPsn);
  requester.retriesLeft = snapshot.attributes.retryCnt;
  requester.rnrRetriesLeft = snapshot.attributes.rnrRetry;
  responder.restartAt(snapshot.rqPsn);
  if (qp.srq === null) qp.receives.consumer = snapshot.rqConsumer;
  responder.msn = snapshot.msn;
  for (const { psn, original } of snapshot.atomics) responder.atomics.push({ psn, original });
  const responds = snapshot.state >= QPS_RTR && snapshot.state <= QPS_SQD;
  responder.responses = new ResponseQueue(responds ? snapshot.attributes.maxDestRdAtomic : 0);
  qp.storeConsumers();
}
