import { QPS_RTR, QPS_RTS, QPS_SQE, QPT_RC, WC_LOC_PROT_ERR, WC_RETRY_EXC_ERR, WQE_LOCAL_EPOCH } from "@nomad/abi";
import { type Psn, planted } from "@nomad/base";
import { psn, psnAdd, psnDistance } from "@nomad/iba";
import { nakStatus } from "./completer.ts";
import type { HcaContext } from "./context.ts";
import type { QueuePair } from "./queue-pair.ts";
import { loadReply, placeOriginal } from "./reply.ts";
import type { SendIntake } from "./send-intake.ts";
import type { QpCut, QpSnapshot } from "./types.ts";
import { unknownOperation } from "./work-request.ts";

// A connection is cut when one of its ends moves with work under way. What had become of each request is for the responder
// to say: the requester cannot know which of those that it has no answer to were executed. Each end reports what it has
// sent and taken, and goes on by what the other reports.

/** What a queue pair of this snapshot tells its peer. A half that has never been connected tells nothing. */
export function cutOf(snapshot: QpSnapshot): QpCut {
  const { type, state, started, unackedPsn, atomics, refusal } = snapshot;
  const connected = type === QPT_RC && state >= QPS_RTR && (state <= QPS_SQE || snapshot.attributes.pathMtu > 0);
  const sends = state >= QPS_RTS && state <= QPS_SQE;
  return {
    sqPsn: sends ? snapshot.sqPsn : null,
    unackedPsn,
    busy: started.length > 0,
    rqPsn: connected ? snapshot.rqPsn : null,
    atomics,
    refusal,
  };
}

/**
 * What each of two connected queue pairs goes on by: the other's cut, less what does not belong to the same connection (one
 * end may have been connected anew). Null when nothing was under way, so that nothing need be told.
 */
export function reconcile(a: QpCut, b: QpCut): { readonly forA: QpCut; readonly forB: QpCut } | null {
  const there = fits(a, b);
  const back = fits(b, a);
  if (there && back && isQuiet(a, b) && isQuiet(b, a)) return null;
  return {
    forA: { ...b, rqPsn: there ? b.rqPsn : null, sqPsn: back ? b.sqPsn : null },
    forB: { ...a, rqPsn: back ? a.rqPsn : null, sqPsn: there ? a.sqPsn : null },
  };
}

/** Does what the responder expects lie within what the requester has under way? */
function fits(requester: QpCut, responder: QpCut): boolean {
  const { unackedPsn, sqPsn } = requester;
  if (sqPsn === null || responder.rqPsn === null) return false;
  return psnDistance(unackedPsn, responder.rqPsn) <= psnDistance(unackedPsn, sqPsn);
}

function isQuiet(requester: QpCut, responder: QpCut): boolean {
  return !requester.busy && requester.sqPsn === responder.rqPsn;
}

/** Makes queue pairs go on after a cut, by what their peers report. */
export class Cuts {
  readonly #context: HcaContext;
  readonly #intake: SendIntake;

  constructor(context: HcaContext, intake: SendIntake) {
    this.#context = context;
    this.#intake = intake;
  }

  apply(qp: QueuePair, cut: QpCut): void {
    const { requester, responder } = qp;
    if (cut.sqPsn !== null) {
      responder.rewind();
      responder.expectedPsn = cut.sqPsn;
    }
    if (qp.type !== QPT_RC) requester.abandon(requester.consumer);
    else if (cut.rqPsn !== null && qp.requesting) this.#resolve(qp, cut);
  }

  /**
   * What the peer has executed is done; all else gets new PSNs and is sent again, from the highest ever sent on, so that no
   * ghost of a packet looks fresh. Order is kept: what is done behind what is not stands in line.
   */
  #resolve(qp: QueuePair, cut: QpCut): void {
    const { requester } = qp;
    const { started } = requester;
    requester.nextPsn = requester.sentPsn;
    requester.fetchesOutstanding = 0;
    const from = psn(started.firstPsn[qp.sq.slot(requester.consumer)] as number);
    const taken = requester.busy ? this.#taken(qp, from, cut) : 0;
    let passed = 0;
    for (let index = requester.consumer; index !== requester.next; index = (index + 1) >>> 0) {
      const slot = qp.sq.slot(index);
      const packets = started.packets[slot] as number;
      this.#judge(qp, index, Math.min(Math.max(taken - passed, 0), packets), cut);
      passed += packets;
      started.firstPsn[slot] = requester.nextPsn;
      requester.nextPsn = psnAdd(requester.nextPsn, started.packets[slot] as number);
      if (started.wr[slot]?.fetches) requester.fetchesOutstanding++;
    }
    requester.unackedPsn = requester.sentPsn;
    started.unload();
    this.#intake.settle(qp);
    requester.resend();
    const refused = cut.refusal === null ? undefined : nakStatus[cut.refusal];
    if (refused !== undefined && requester.busy && qp.requesting) this.#intake.fail(qp, refused);
  }

  /** How many packets, from the first of the oldest work request on, the peer has taken. */
  #taken({ requester }: QueuePair, from: Psn, cut: QpCut): number {
    if (planted("cut-completes-too-much")) return psnDistance(from, requester.sentPsn);
    if (planted("cut-redelivers")) return 0;
    return psnDistance(from, cut.rqPsn ?? from);
  }

  /** What is left to do of a work request of which the peer has taken so many packets. */
  #judge(qp: QueuePair, index: number, taken: number, cut: QpCut): void {
    const { requester } = qp;
    const { started } = requester;
    const slot = qp.sq.slot(index);
    if (taken === 0) return;
    const all = taken === started.packets[slot];
    switch ((started.wr[slot] ?? unknownOperation).operation) {
      case "read":
        // Its data comes in order: none but the oldest has a part of it.
        if (index === requester.consumer) skip(qp, slot, psnDistance(firstOf(qp, slot), requester.unackedPsn));
        return;
      case "atomic":
        this.#takeResult(qp, index, cut);
        return;
      case "write":
        skip(qp, slot, taken);
        return;
      default:
        if (all) started.packets[slot] = 0;
    }
  }

  /** An atomic was executed: never again. Without a record of its result it fails as if no answer had ever come. */
  #takeResult(qp: QueuePair, index: number, cut: QpCut): void {
    const { started } = qp.requester;
    const slot = qp.sq.slot(index);
    const record = cut.atomics.find((atomic) => atomic.psn === started.firstPsn[slot]);
    started.packets[slot] = 0;
    if (record === undefined) {
      this.#spoil(qp, slot, WC_RETRY_EXC_ERR);
      return;
    }
    this.#renewKeys(qp, index);
    loadReply(qp, index);
    if (!placeOriginal(qp, record.original)) this.#spoil(qp, slot, WC_LOC_PROT_ERR);
  }

  /** Its buffer's keys may be those of another adapter. The peer's key, if it has to be looked up, is not waited for. */
  #renewKeys(qp: QueuePair, index: number): void {
    const at = qp.sq.address(index);
    const stale = qp.sq.memory.view.getUint32(at + WQE_LOCAL_EPOCH, true) !== qp.localEpoch;
    if (stale) this.#context.events.translate(qp.qpn, "send", at);
  }

  #spoil(qp: QueuePair, slot: number, status: number): void {
    qp.requester.started.status[slot] = status;
    qp.requester.failing = true;
  }
}

function firstOf(qp: QueuePair, slot: number): Psn {
  return psn(qp.requester.started.firstPsn[slot] as number);
}

/** So many packets at the head of a READ or WRITE are done. */
function skip({ requester: { started }, mtu }: QueuePair, slot: number, packets: number): void {
  started.packets[slot] = (started.packets[slot] as number) - packets;
  started.skipped[slot] = (started.skipped[slot] as number) + packets * mtu;
}
