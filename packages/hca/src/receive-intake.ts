import { WC_LOC_PROT_ERR, WC_LOC_QP_OP_ERR } from "@nomad/abi";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { SharedReceiveQueue } from "./shared-receive-queue.ts";
import type { RecvRequest } from "./work-request.ts";

/** A work request is held; there is none (or it waits for its keys); it is malformed; the queue's memory is spoilt. */
export type Taken = "held" | "none" | "malformed" | "spoilt";

/** Takes receive work requests for messages that begin, and has stale ones translated. */
export class ReceiveIntake {
  readonly #context: HcaContext;
  readonly #completions: Completions;

  constructor(context: HcaContext, completions: Completions) {
    this.#context = context;
    this.#completions = completions;
  }

  /** The next one, of its own queue or a shared one. One that is malformed is held too, so that it can fail. */
  take(qp: QueuePair): Taken {
    const { receives, responder } = qp;
    const { receive } = responder;
    if (responder.holdsReceive) return "held";
    if (receives.posted === 0) return "none";
    if (receives.posted > receives.ring.entries) return this.#spoilt(qp);
    let wellFormed = receives.load(receive);
    if (wellFormed && receive.sges.count > 0 && receive.localEpoch !== qp.localEpoch) {
      const answer = this.#context.events.translate(qp.qpn, "recv", receives.ring.address(receives.consumer));
      if (answer === "pending") return "none";
      wellFormed = receives.load(receive);
    }
    responder.holdsReceive = true;
    if (qp.srq !== null) this.#takeAway(qp.srq, receive);
    return wellFormed ? "held" : "malformed";
  }

  /** Its entry is free for another at once. */
  #takeAway(srq: SharedReceiveQueue, receive: RecvRequest): void {
    receive.keepNames(srq.ring, srq.consumer, srq.maxSge);
    srq.advance();
  }

  /** An unreliable responder's own fault: the work request that is held fails, and the queue pair with it. */
  fail(qp: QueuePair, taken: "malformed" | "protection"): void {
    this.#completions.failReceive(qp, taken === "malformed" ? WC_LOC_QP_OP_ERR : WC_LOC_PROT_ERR);
    this.#completions.enterError(qp);
  }

  #spoilt(qp: QueuePair): Taken {
    if (qp.srq !== null) this.#context.events.asyncEvent({ kind: "SRQ_ERR", srqn: qp.srq.srqn });
    this.#context.events.asyncEvent({ kind: "QP_FATAL", qpn: qp.qpn });
    return "spoilt";
  }
}
