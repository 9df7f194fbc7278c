import { QPS_ERR, QPS_RTR, QPS_SQD, QPT_RC } from "@nomad/abi";
import { NomadError } from "@nomad/base";
import { psn, psnAdd } from "@nomad/iba";
import { adoptSettings } from "./modify-qp.ts";
import { emptySettings, type QpSettings, type QueuePair } from "./queue-pair.ts";
import { ResponseQueue } from "./response-queue.ts";
import type { QpSnapshot, StartedWork } from "./types.ts";
import { sendOperations, unknownOperation } from "./work-request.ts";

const opcodeOf = new Map(Object.entries(sendOperations).map(([opcode, wr]) => [wr, Number(opcode)]));
const UNKNOWN_OPCODE = 0xffffffff;

/**
 * What the queue pair is, as plain data. Of an incoming message of which only a part has come, a SEND begins anew with the
 * same receive work request, and a WRITE goes on.
 * @throws NomadError E_STATE while it may still change: it is neither frozen nor held and drained.
 */
export function snapshotOf(qp: QueuePair): QpSnapshot {
  const { requester } = qp;
  if (!qp.frozen && (qp.holders.length === 0 || requester.busy)) {
    throw new NomadError(
      "E_STATE",
      `queue pair ${qp.qpn} is ${requester.busy ? "neither frozen nor drained" : "neither frozen nor held"}`,
    );
  }
  return describe(qp);
}

/** Nothing that it has started, and no message that has begun to come. */
export function isAtRest({ requester, responder }: QueuePair): boolean {
  return !requester.busy && responder.message === "none" && !responder.holdsReceive;
}

/** What the queue pair is at this moment. */
export function describe(qp: QueuePair): QpSnapshot {
  const { requester, responder, settings } = qp;
  const started = startedOf(qp);
  return {
    type: qp.type,
    state: qp.state,
    attributes: { ...settings },
    sqPsn: requester.sentPsn,
    unackedPsn: started.length > 0 ? requester.unackedPsn : requester.sentPsn,
    started,
    drainEventDue: qp.drainEventDue,
    rqPsn: responder.expectedPsn,
    msn: responder.msn,
    sqConsumer: requester.consumer,
    rqConsumer: qp.srq === null ? qp.receives.consumer : 0,
    signalAll: qp.signalAll,
    userIndex: qp.userIndex,
    atomics: responder.atomics.map(({ psn, original }) => ({ psn, original })),
    refusal: responder.refusal,
    established: responder.established,
    lastWqeTold: responder.lastWqeTold,
    written: responder.carried + (responder.message === "write" ? responder.received : 0),
    taken: qp.srq !== null && responder.holdsReceive ? responder.receive.taken() : null,
  };
}

const settingNames = Object.keys(emptySettings()) as (keyof QpSettings)[];

/** Is the queue pair at rest, and still what the snapshot says? Costs less than to describe it anew. */
export function isStill(qp: QueuePair, told: QpSnapshot): boolean {
  return (
    isAtRest(qp) && told.started.length === 0 && told.taken === null && sameAsCreated(qp, told) && sameHalves(qp, told)
  );
}

function sameAsCreated(
  { type, state, settings, signalAll, userIndex, drainEventDue }: QueuePair,
  told: QpSnapshot,
): boolean {
  return (
    type === told.type &&
    state === told.state &&
    signalAll === told.signalAll &&
    userIndex === told.userIndex &&
    drainEventDue === told.drainEventDue &&
    settingNames.every((name) => settings[name] === told.attributes[name])
  );
}

function sameHalves({ requester, responder, receives, srq }: QueuePair, told: QpSnapshot): boolean {
  const { atomics } = told;
  return (
    requester.sentPsn === told.sqPsn &&
    requester.sentPsn === told.unackedPsn &&
    requester.consumer === told.sqConsumer &&
    responder.expectedPsn === told.rqPsn &&
    responder.msn === told.msn &&
    (srq === null ? receives.consumer : 0) === told.rqConsumer &&
    responder.refusal === told.refusal &&
    responder.established === told.established &&
    responder.lastWqeTold === told.lastWqeTold &&
    responder.carried === told.written &&
    responder.atomics.length === atomics.length &&
    responder.atomics.every(({ psn, original }, i) => psn === atomics[i]?.psn && original === atomics[i]?.original)
  );
}

/** What nobody acknowledges is simply posted still; what has failed is flushed elsewhere. */
function startedOf({ requester, sq, type, state }: QueuePair): StartedWork[] {
  const works: StartedWork[] = [];
  if (type !== QPT_RC || state === QPS_ERR) return works;
  for (let index = requester.consumer; index !== requester.next; index = (index + 1) >>> 0) {
    const { started } = requester;
    const slot = sq.slot(index);
    works.push({
      opcode: opcodeOf.get(started.wr[slot] ?? unknownOperation) ?? UNKNOWN_OPCODE,
      flags: started.flags[slot] as number,
      firstPsn: psn(started.firstPsn[slot] as number),
      packets: started.packets[slot] as number,
      bytes: started.bytes[slot] as number,
      skipped: started.skipped[slot] as number,
      status: started.status[slot] as number,
    });
  }
  return works;
}

/**
 * Makes a frozen queue pair what the snapshot says. The snapshot, not device memory, tells how far the queues are executed;
 * memory is not written.
 * @throws NomadError E_VERB when more is started than its send queue holds.
 */
export function applySnapshot(qp: QueuePair, snapshot: QpSnapshot): void {
  const { requester, responder } = qp;
  qp.state = snapshot.state;
  qp.settings = { ...emptySettings(), ...snapshot.attributes };
  qp.drainEventDue = snapshot.drainEventDue;
  adoptSettings(qp);
  requester.consumer = snapshot.sqConsumer;
  requester.restartAt(snapshot.sqPsn);
  restart(qp, snapshot);
  requester.retriesLeft = snapshot.attributes.retryCnt;
  requester.rnrRetriesLeft = snapshot.attributes.rnrRetry;
  responder.restartAt(snapshot.rqPsn);
  if (qp.srq === null) qp.receives.consumer = snapshot.rqConsumer;
  responder.msn = snapshot.msn;
  responder.refusal = snapshot.refusal;
  responder.established = snapshot.established;
  responder.lastWqeTold = snapshot.lastWqeTold;
  responder.carried = snapshot.written;
  for (const { psn, original } of snapshot.atomics) responder.atomics.push({ psn, original });
  if (qp.srq !== null && snapshot.taken !== null) {
    responder.receive.restore(snapshot.taken, qp.srq.pd);
    responder.holdsReceive = true;
  }
  const responds = snapshot.state >= QPS_RTR && snapshot.state <= QPS_SQD;
  responder.responses = new ResponseQueue(responds ? snapshot.attributes.maxDestRdAtomic : 0);
}

/** What was started stays so, with the PSNs it has: unless a cut says more, it is sent again from the oldest on. */
function restart({ requester, sq }: QueuePair, { started: works, unackedPsn }: QpSnapshot): void {
  if (works.length > sq.entries) {
    throw new NomadError("E_VERB", `${works.length} work requests are started in a queue of ${sq.entries}`);
  }
  for (const work of works) {
    const { started } = requester;
    const slot = sq.slot(requester.next);
    const wr = sendOperations[work.opcode] ?? unknownOperation;
    started.wr[slot] = wr;
    started.flags[slot] = work.flags;
    started.firstPsn[slot] = work.firstPsn;
    started.packets[slot] = work.packets;
    started.bytes[slot] = work.bytes;
    started.skipped[slot] = work.skipped;
    started.status[slot] = work.status;
    requester.nextPsn = psnAdd(work.firstPsn, work.packets);
    requester.failing ||= work.status !== 0;
    if (wr.fetches) requester.fetchesOutstanding++;
    requester.next = (requester.next + 1) >>> 0;
  }
  requester.unackedPsn = unackedPsn;
  requester.goBack();
}
