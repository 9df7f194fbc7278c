import { QPT_RC, QPT_UD, WC_LOC_QP_OP_ERR, WC_MW_BIND_ERR, WC_SUCCESS } from "@nomad/abi";
import { assert } from "@nomad/base";
import { psnAdd } from "@nomad/iba";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import { planted } from "./mutants.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { HcaEvents } from "./types.ts";
import type { SendRequest } from "./work-request.ts";

/** Takes up posted sends: checks them, has stale ones translated, gives them PSNs, and does what needs no packet. */
export class SendIntake {
  readonly #context: HcaContext;
  readonly #completions: Completions;

  constructor(context: HcaContext, completions: Completions) {
    this.#context = context;
    this.#completions = completions;
  }

  /** Takes up the next work request posted; false when there is none, it must wait, or it fails. */
  start(qp: QueuePair): boolean {
    const requester = qp.requester;
    if (!qp.maySend || requester.translating || requester.failing) return false;
    const producer = qp.sq.producer;
    if (producer === requester.next) return false;
    if ((producer - requester.consumer) >>> 0 > qp.sq.entries) {
      this.#context.events.asyncEvent({ kind: "QP_FATAL", qpn: qp.qpn });
      this.#completions.enterError(qp);
      return false;
    }
    const { request } = requester.started;
    let status = this.#load(qp, requester.next);
    if (!orderAllows(qp, request)) return unload(qp);
    if (status === WC_SUCCESS && this.#isStale(qp, request)) {
      requester.translating = this.#translate(qp, requester.next) === "pending";
      if (requester.translating) return unload(qp);
      status = this.#load(qp, requester.next);
    }
    if (status === WC_SUCCESS) status = this.#check(qp, request);
    if (status === WC_SUCCESS && request.wr.local) status = this.#executeLocal(qp, request);
    this.#enter(qp, request, status);
    return status === WC_SUCCESS && qp.requesting;
  }

  /**
   * Copies a started work request again, to send packets of it again; it must be what it was. After a cut it may have to be
   * translated; false while that takes.
   */
  reload(qp: QueuePair): boolean {
    const requester = qp.requester;
    const slot = qp.sq.slot(requester.txIndex);
    const { started } = requester;
    const { request } = started;
    let status = this.#load(qp, requester.txIndex);
    if (status === WC_SUCCESS && this.#isStale(qp, request)) {
      if (this.#translate(qp, requester.txIndex) === "pending") return unload(qp);
      status = this.#load(qp, requester.txIndex);
    }
    if (status === WC_SUCCESS) status = request.check(qp.type, qp.mtu);
    const same = request.wr === started.wr[slot] && request.sges.bytes === started.bytes[slot];
    request.skipped = started.skipped[slot] as number;
    if (status === WC_SUCCESS && same) return true;
    this.spoil(qp, slot, status === WC_SUCCESS ? WC_LOC_QP_OP_ERR : status);
    return false;
  }

  /** A started work request cannot be sent any further: it fails in its turn. */
  spoil(qp: QueuePair, slot: number, status: number): void {
    qp.requester.started.status[slot] = status;
    qp.requester.failing = true;
    this.settle(qp);
  }

  /** The oldest work request fails with this status, and the queue pair, or its send queue, with it. */
  fail(qp: QueuePair, status: number): void {
    assert(qp.requester.busy, "only a started work request fails");
    this.#completions.send(qp, status);
    if (qp.type === QPT_RC) this.#completions.enterError(qp);
    else this.#completions.enterSendError(qp);
  }

  /** Completes the oldest work requests as far as they wait for no answer: those that failed, or are done here. */
  settle(qp: QueuePair): void {
    const requester = qp.requester;
    while (requester.busy && qp.requesting) {
      const slot = qp.sq.slot(requester.consumer);
      const status = requester.started.status[slot] as number;
      if (status !== WC_SUCCESS) {
        this.fail(qp, status);
        return;
      }
      if (requester.started.packets[slot] !== 0) return;
      this.#completions.send(qp, WC_SUCCESS);
    }
    if (!requester.busy) this.#context.drained(qp);
  }

  #translate(qp: QueuePair, index: number): ReturnType<HcaEvents["translate"]> {
    return this.#context.events.translate(qp.qpn, "send", qp.sq.address(index));
  }

  #load(qp: QueuePair, index: number): number {
    return qp.requester.started.request.load(qp.sq, index, qp.type, qp.maxSendSge, qp.pd);
  }

  #check(qp: QueuePair, request: SendRequest): number {
    const status = request.check(qp.type, qp.mtu);
    if (status !== WC_SUCCESS) return status;
    if (request.wr.fetches && qp.settings.maxRdAtomic === 0) return WC_LOC_QP_OP_ERR;
    const lost = qp.type === QPT_UD && this.#context.handles.find(request.ah, qp.pd) === null;
    return lost ? WC_LOC_QP_OP_ERR : WC_SUCCESS;
  }

  /** Was the work request translated under another epoch than one that its names are looked up under? */
  #isStale(qp: QueuePair, request: SendRequest): boolean {
    const datagram = qp.type === QPT_UD;
    const ownNames = request.keyed || datagram || request.wr.local;
    if (ownNames && request.localEpoch !== qp.localEpoch) return true;
    if (!datagram) return request.wr.remoteKey && request.remoteEpoch !== qp.settings.remoteEpoch;
    const handle = this.#context.handles.find(request.ah, qp.pd);
    return handle !== null && request.remoteEpoch !== handle.remoteEpoch;
  }

  /** Binds or invalidates: in order with what is posted, whatever of it is still on its way (IBA 10.8.3). */
  #executeLocal(qp: QueuePair, request: SendRequest): number {
    const { windows } = this.#context;
    const { rkey, sges } = request;
    if (request.wr.operation === "invalidate") return windows.invalidate(qp, rkey) ? WC_SUCCESS : WC_MW_BIND_ERR;
    if (sges.count > 1) return WC_LOC_QP_OP_ERR;
    const range =
      sges.count === 1
        ? { lkey: sges.key(0), address: sges.address(0), length: sges.length(0) }
        : { lkey: 0, address: 0, length: 0 };
    const bound = windows.bind(qp, { type: request.bindType, rkey, access: request.bindAccess, ...range });
    return bound ? WC_SUCCESS : WC_MW_BIND_ERR;
  }

  /** Gives the work request its PSNs. One that has failed, or is done, gets none and stands in line to complete. */
  #enter(qp: QueuePair, request: SendRequest, status: number): void {
    const requester = qp.requester;
    const { started } = requester;
    const slot = qp.sq.slot(requester.next);
    const packets = status === WC_SUCCESS ? request.packets(qp.mtu) : 0;
    started.firstPsn[slot] = requester.nextPsn;
    started.packets[slot] = packets;
    started.bytes[slot] = request.wr.local ? 0 : request.sges.bytes;
    started.skipped[slot] = 0;
    started.flags[slot] = request.flags;
    started.wr[slot] = request.wr;
    started.status[slot] = status;
    requester.nextPsn = psnAdd(requester.nextPsn, packets);
    requester.next = (requester.next + 1) >>> 0;
    if (request.wr.fetches) requester.fetchesOutstanding++;
    if (status !== WC_SUCCESS) requester.failing = true;
    if (packets === 0) this.settle(qp);
  }
}

/** A fence waits for fetches under way; a fetch waits for room at the responder. */
function orderAllows(qp: QueuePair, request: SendRequest): boolean {
  const outstanding = qp.requester.fetchesOutstanding;
  if (request.fenced && outstanding > 0 && !planted.ignoreFence) return false;
  return !request.wr.fetches || outstanding < Math.max(1, qp.settings.maxRdAtomic);
}

function unload(qp: QueuePair): false {
  qp.requester.started.request.index = -1;
  return false;
}
