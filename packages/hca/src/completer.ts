import {
  WC_BAD_RESP_ERR,
  WC_LOC_PROT_ERR,
  WC_REM_ACCESS_ERR,
  WC_REM_INV_RD_REQ_ERR,
  WC_REM_INV_REQ_ERR,
  WC_REM_OP_ERR,
  WC_RNR_RETRY_EXC_ERR,
  WC_SUCCESS,
} from "@nomad/abi";
import { type Psn, unreachable } from "@nomad/base";
import {
  aethSyndrome,
  atomicAckOriginal,
  NAK_INVALID_RD_REQUEST,
  NAK_INVALID_REQUEST,
  NAK_PSN_SEQUENCE_ERROR,
  NAK_REMOTE_ACCESS_ERROR,
  NAK_REMOTE_OPERATIONAL_ERROR,
  type Packet,
  psn,
  psnAdd,
  psnDiff,
  psnDistance,
  RNR_RETRY_FOREVER,
  rnrTimerMs,
  syndromeKind,
  syndromeValue,
} from "@nomad/iba";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import type { QueuePair } from "./queue-pair.ts";
import { loadReply, placeOriginal } from "./reply.ts";
import type { Requester } from "./requester.ts";
import type { SendIntake } from "./send-intake.ts";
import { type SendOperation, unknownOperation } from "./work-request.ts";

/** The completion status that a fatal NAK brings (IBA table 60). */
export const nakStatus: Readonly<Record<number, number>> = {
  [NAK_INVALID_REQUEST]: WC_REM_INV_REQ_ERR,
  [NAK_REMOTE_ACCESS_ERROR]: WC_REM_ACCESS_ERR,
  [NAK_REMOTE_OPERATIONAL_ERROR]: WC_REM_OP_ERR,
  [NAK_INVALID_RD_REQUEST]: WC_REM_INV_RD_REQ_ERR,
};

/** Takes what the responder answers: completes work requests, places the data of READs and atomics, or goes back. */
export class Completer {
  readonly #context: HcaContext;
  readonly #requester: Requester;
  readonly #intake: SendIntake;
  readonly #completions: Completions;

  constructor(context: HcaContext, requester: Requester, intake: SendIntake, completions: Completions) {
    this.#context = context;
    this.#requester = requester;
    this.#intake = intake;
    this.#completions = completions;
  }

  /** A response for a queue pair that is requesting. One that answers nothing under way is a ghost, and ignored. */
  receive(qp: QueuePair, packet: Packet, now: number): void {
    const requester = qp.requester;
    const span = psnDistance(requester.unackedPsn, requester.sentPsn);
    if (psnDistance(requester.unackedPsn, packet.psn) >= span) return;
    const before = requester.unackedPsn;
    if (packet.opcode.operation === "ack") this.#acknowledge(qp, packet, now);
    else this.#data(qp, packet);
    if (requester.unackedPsn !== before) this.#progress(qp, now);
    if (!requester.busy) this.#context.drained(qp);
    this.#context.schedule.add(qp);
  }

  #acknowledge(qp: QueuePair, packet: Packet, now: number): void {
    const syndrome = aethSyndrome(packet.bytes, packet.offset + (packet.opcode.at.aeth as number));
    const value = syndromeValue(syndrome);
    const kind = syndromeKind(syndrome);
    switch (kind) {
      case "ack":
        this.#completeBefore(qp, psnAdd(packet.psn, 1));
        return;
      case "nak":
        if (this.#completeBefore(qp, packet.psn)) this.#nak(qp, value);
        return;
      case "rnr-nak":
        if (this.#completeBefore(qp, packet.psn)) this.#receiverNotReady(qp, value, now);
        return;
      case "reserved":
        return;
      default:
        unreachable(kind);
    }
  }

  #nak(qp: QueuePair, code: number): void {
    if (code === NAK_PSN_SEQUENCE_ERROR) {
      qp.counters.packet_seq_err++;
      this.#requester.retry(qp);
      return;
    }
    const status = nakStatus[code];
    if (status === undefined) return;
    if (code === NAK_INVALID_REQUEST) qp.counters.req_remote_invalid_request++;
    if (code === NAK_REMOTE_ACCESS_ERROR) qp.counters.req_remote_access_errors++;
    this.#intake.fail(qp, status);
  }

  #receiverNotReady(qp: QueuePair, timer: number, now: number): void {
    const requester = qp.requester;
    qp.counters.rnr_nak_retry_err++;
    const counted = qp.settings.rnrRetry !== RNR_RETRY_FOREVER && qp.holders.length === 0;
    if (counted && requester.rnrRetriesLeft-- <= 0) {
      this.#intake.fail(qp, WC_RNR_RETRY_EXC_ERR);
      return;
    }
    requester.goBack();
    requester.rnrWaiting = true;
    this.#context.timers.set(qp, now + (rnrTimerMs[timer] as number));
  }

  /**
   * Everything before `end` is acknowledged. False when it ends early: at a fetch whose data has not come (which implies a
   * NAK), or because the queue pair failed.
   */
  #completeBefore(qp: QueuePair, end: Psn): boolean {
    const requester = qp.requester;
    while (requester.unackedPsn !== end) {
      const slot = qp.sq.slot(requester.consumer);
      if (wrOf(qp, slot).fetches) return this.#impliedNak(qp);
      const endOfThis = endOf(qp, slot);
      const all = psnDistance(requester.unackedPsn, endOfThis) <= psnDistance(requester.unackedPsn, end);
      acknowledged(qp, all ? endOfThis : end);
      if (all && !this.#completeOldest(qp)) return false;
    }
    return true;
  }

  /** False when the queue pair has failed. */
  #completeOldest(qp: QueuePair): boolean {
    const requester = qp.requester;
    const own = requester.started.status[qp.sq.slot(requester.consumer)] as number;
    if (own !== WC_SUCCESS) {
      this.#intake.fail(qp, own);
      return false;
    }
    this.#completions.send(qp, WC_SUCCESS);
    this.#intake.settle(qp);
    return qp.requesting;
  }

  /** Data of a READ or an atomic: it acknowledges what was sent before it, and must be the next that is missing. */
  #data(qp: QueuePair, packet: Packet): void {
    const requester = qp.requester;
    for (;;) {
      const slot = qp.sq.slot(requester.consumer);
      const mine = psnDistance(requester.unackedPsn, packet.psn) < psnDistance(requester.unackedPsn, endOf(qp, slot));
      if (mine) break;
      if (wrOf(qp, slot).fetches) {
        this.#impliedNak(qp);
        return;
      }
      acknowledged(qp, endOf(qp, slot));
      if (!this.#completeOldest(qp)) return;
    }
    const slot = qp.sq.slot(requester.consumer);
    if (wrOf(qp, slot).operation !== packet.opcode.operation) return;
    if (packet.psn !== requester.unackedPsn) this.#impliedNak(qp);
    else this.#place(qp, slot, packet);
  }

  #place(qp: QueuePair, slot: number, packet: Packet): void {
    const { started } = qp.requester;
    const reads = packet.opcode.operation === "read";
    const done = psnDistance(psn(started.firstPsn[slot] as number), packet.psn);
    const offset = (started.skipped[slot] as number) + done * qp.mtu;
    const left = (started.bytes[slot] as number) - offset;
    if (reads && packet.payloadBytes !== Math.min(left, qp.mtu)) {
      this.#intake.fail(qp, WC_BAD_RESP_ERR);
      return;
    }
    loadReply(qp, qp.requester.consumer);
    const placed = reads
      ? started.reply.scatter(offset, packet.payloadBytes, packet.bytes, packet.payloadOffset)
      : placeOriginal(qp, atomicAckOriginal(packet.bytes, packet.offset + (packet.opcode.at.atomicAckEth as number)));
    if (!placed) {
      this.#intake.fail(qp, WC_LOC_PROT_ERR);
      return;
    }
    acknowledged(qp, psnAdd(packet.psn, 1));
    if (qp.requester.unackedPsn === endOf(qp, slot)) this.#completeOldest(qp);
  }

  /** A response was lost: asks again, once for each that is missing. Always false. */
  #impliedNak(qp: QueuePair): false {
    const requester = qp.requester;
    const missing = requester.unackedPsn;
    if (requester.impliedNakPsn === missing) return false;
    qp.counters.implied_nak_seq_err++;
    this.#requester.retry(qp);
    if (qp.requesting) requester.impliedNakPsn = missing;
    return false;
  }

  /** Something was acknowledged: what is sent again need not be sent from before it, and the timer starts anew. */
  #progress(qp: QueuePair, now: number): void {
    const requester = qp.requester;
    if (psnDiff(requester.txPsn, requester.unackedPsn) < 0) requester.goBack();
    this.#requester.restartTimer(qp, now);
  }
}

/** Everything before `end` is acknowledged: all retries are there again. */
function acknowledged(qp: QueuePair, end: Psn): void {
  const requester = qp.requester;
  requester.unackedPsn = end;
  requester.retriesLeft = qp.settings.retryCnt;
  requester.rnrRetriesLeft = qp.settings.rnrRetry;
}

function wrOf(qp: QueuePair, slot: number): SendOperation {
  return qp.requester.started.wr[slot] ?? unknownOperation;
}

/** The PSN after the last of a started work request. */
function endOf(qp: QueuePair, slot: number): Psn {
  const { started } = qp.requester;
  return psnAdd(psn(started.firstPsn[slot] as number), started.packets[slot] as number);
}
