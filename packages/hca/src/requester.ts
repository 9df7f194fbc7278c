import { QPT_RC, WC_LOC_PROT_ERR, WC_LOC_QP_OP_ERR, WC_RETRY_EXC_ERR, WC_SUCCESS } from "@nomad/abi";
import { assert } from "@nomad/base";
import {
  opcodeOf,
  positionOf,
  psn,
  psnAdd,
  psnDiff,
  psnDistance,
  RC_READ_REQUEST,
  type Segments,
  segmentsOf,
  writeAtomicEth,
  writeImmDt,
  writeReth,
} from "@nomad/iba";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import type { PacketWriter, Turn } from "./packet-writer.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { SendRequest } from "./work-request.ts";

/** An ACK is asked for at the end of each message, and inside one as often as this. */
const ACK_EVERY = 32;
/** PSNs that may be outstanding when a READ starts: far fewer than could be mistaken for old ones. */
const FETCH_WINDOW = 2 ** 16;

/** Starts work requests and sends their packets, again from an earlier one when it must (go-back-N). */
export class Requester {
  readonly #context: HcaContext;
  readonly #writer: PacketWriter;
  readonly #completions: Completions;

  constructor(context: HcaContext, writer: PacketWriter, completions: Completions) {
    this.#context = context;
    this.#writer = writer;
    this.#completions = completions;
  }

  /** Sends at most one packet. */
  transmit(qp: QueuePair): Turn {
    const requester = qp.requester;
    if (!qp.requesting || requester.rnrWaiting) return "idle";
    if (requester.txIndex === requester.next && !this.#start(qp)) return "idle";
    if (requester.request.index !== requester.txIndex && !this.#reload(qp)) return "idle";
    const slot = qp.sq.slot(requester.txIndex);
    if (requester.status[slot] !== WC_SUCCESS || !this.#windowOpen(qp, requester.request)) return "idle";
    return this.#send(qp, slot, requester.request);
  }

  /** The ACK timer has run out, or the wait after an RNR NAK is over. */
  timerDue(qp: QueuePair, now: number): void {
    const requester = qp.requester;
    this.#context.schedule.add(qp);
    if (requester.rnrWaiting) {
      requester.rnrWaiting = false;
      return;
    }
    if (!requester.busy || !qp.requesting) return;
    if (qp.parkedFor !== 0) {
      // Its own link holds it up, not the responder: that costs no retry.
      this.restartTimer(qp, now);
      return;
    }
    qp.counters.local_ack_timeout_err++;
    this.retry(qp);
  }

  /** Goes back to the oldest unacknowledged packet, at the price of a retry; a held queue pair pays none. */
  retry(qp: QueuePair): void {
    const requester = qp.requester;
    if (qp.holders.size === 0 && requester.retriesLeft-- <= 0) {
      this.fail(qp, WC_RETRY_EXC_ERR);
      return;
    }
    requester.impliedNakPsn = -1;
    this.restartTimer(qp, null);
    requester.goBack();
    this.#context.schedule.add(qp);
  }

  /** The oldest work request fails with this status, and the queue pair with it. */
  fail(qp: QueuePair, status: number): void {
    assert(qp.requester.busy, "only a started work request fails");
    this.#completions.send(qp, status);
    this.#completions.enterError(qp);
  }

  /** Starts the ACK timer anew when something is under way; with `now` null it starts at the next turn. */
  restartTimer(qp: QueuePair, now: number | null): void {
    if (qp.requester.rnrWaiting) return;
    if (now === null || qp.timeoutMs === null || !qp.requester.busy || !qp.requesting || qp.frozen) {
      this.#context.timers.cancel(qp);
    } else {
      this.#context.timers.set(qp, now + qp.timeoutMs);
    }
  }

  /** After a turn: something is under way and no timer runs. */
  ensureTimer(qp: QueuePair, now: number): void {
    if (qp.timerAt === Infinity) this.restartTimer(qp, now);
  }

  /** Takes up the next work request posted; false when there is none or it must wait. */
  #start(qp: QueuePair): boolean {
    const requester = qp.requester;
    if (!qp.maySend || requester.translating || requester.failing) return false;
    const producer = qp.sq.producer;
    if (producer === requester.next) return false;
    if ((producer - requester.consumer) >>> 0 > qp.sq.entries) {
      this.#context.events.asyncEvent({ kind: "qp-fatal", qpn: qp.qpn });
      this.#completions.enterError(qp);
      return false;
    }
    const request = requester.request;
    let status = request.load(qp.sq, requester.next, qp.init.sq.maxSge, qp.init.pd);
    if (!this.#orderAllows(qp, request)) return this.#unload(qp);
    if (status === WC_SUCCESS && isStale(qp, request)) {
      const answer = this.#context.events.translate(qp.qpn, "send", qp.sq.address(requester.next));
      requester.translating = answer === "pending";
      if (requester.translating) return this.#unload(qp);
      status = request.load(qp.sq, requester.next, qp.init.sq.maxSge, qp.init.pd);
    }
    if (status === WC_SUCCESS) status = request.check(qp.mtu);
    if (status === WC_SUCCESS && request.wr.fetches && qp.settings.maxRdAtomic === 0) status = WC_LOC_QP_OP_ERR;
    this.#enter(qp, request, status);
    return status === WC_SUCCESS;
  }

  /** A fence waits for fetches under way; a fetch waits for room at the responder. */
  #orderAllows(qp: QueuePair, request: SendRequest): boolean {
    const outstanding = qp.requester.fetchesOutstanding;
    if (request.fenced && outstanding > 0) return false;
    return !request.wr.fetches || outstanding < Math.max(1, qp.settings.maxRdAtomic);
  }

  #unload(qp: QueuePair): false {
    qp.requester.request.index = -1;
    return false;
  }

  /** Gives the work request its PSNs. One that has failed gets none, and stands in line to complete. */
  #enter(qp: QueuePair, request: SendRequest, status: number): void {
    const requester = qp.requester;
    const slot = qp.sq.slot(requester.next);
    const packets = status === WC_SUCCESS ? request.packets(qp.mtu) : 0;
    requester.firstPsn[slot] = requester.nextPsn;
    requester.packets[slot] = packets;
    requester.bytes[slot] = request.sges.bytes;
    requester.flags[slot] = request.flags;
    requester.wr[slot] = request.wr;
    requester.status[slot] = status;
    requester.nextPsn = psnAdd(requester.nextPsn, packets);
    requester.next = (requester.next + 1) >>> 0;
    if (request.wr.fetches) requester.fetchesOutstanding++;
    if (status !== WC_SUCCESS) this.#failInTurn(qp);
  }

  #failInTurn(qp: QueuePair): void {
    const requester = qp.requester;
    requester.failing = true;
    const status = requester.status[qp.sq.slot(requester.consumer)] as number;
    if (status !== WC_SUCCESS) this.fail(qp, status);
  }

  /** Copies a started work request again, to send packets of it again; it must be what it was. */
  #reload(qp: QueuePair): boolean {
    const requester = qp.requester;
    const slot = qp.sq.slot(requester.txIndex);
    const request = requester.request;
    let status = request.load(qp.sq, requester.txIndex, qp.init.sq.maxSge, qp.init.pd);
    if (status === WC_SUCCESS) status = request.check(qp.mtu);
    const same = request.wr === requester.wr[slot] && request.sges.bytes === requester.bytes[slot];
    if (status === WC_SUCCESS && same) return true;
    this.#spoil(qp, slot, status === WC_SUCCESS ? WC_LOC_QP_OP_ERR : status);
    return false;
  }

  /** A started work request cannot be sent any further. */
  #spoil(qp: QueuePair, slot: number, status: number): void {
    qp.requester.status[slot] = status;
    this.#failInTurn(qp);
  }

  #windowOpen(qp: QueuePair, request: SendRequest): boolean {
    const outstanding = psnDistance(qp.requester.unackedPsn, qp.requester.txPsn);
    return outstanding < (request.wr.fetches ? FETCH_WINDOW : this.#context.outstandingPacketsMax);
  }

  #send(qp: QueuePair, slot: number, request: SendRequest): Turn {
    const requester = qp.requester;
    const first = psn(requester.firstPsn[slot] as number);
    const end = psnAdd(first, requester.packets[slot] as number);
    const done = psnDistance(first, requester.txPsn);
    const next = request.wr.fetches ? end : psnAdd(requester.txPsn, 1);
    const turn = request.wr.fetches
      ? this.#sendFetch(qp, request, done)
      : this.#sendSegment(qp, request, done, next === end);
    if (turn !== "sent") return turn;
    if (psnDiff(requester.txPsn, requester.sentPsn) < 0) qp.counters.retransmitted_packets++;
    if (psnDiff(next, requester.sentPsn) > 0) requester.sentPsn = next;
    requester.txPsn = next;
    if (next === end) requester.txIndex = (requester.txIndex + 1) >>> 0;
    return turn;
  }

  #sendSegment(qp: QueuePair, request: SendRequest, done: number, ends: boolean): Turn {
    const requester = qp.requester;
    const offset = done * qp.mtu;
    const count = Math.min(qp.mtu, request.sges.bytes - offset);
    const begins = done === 0;
    const operation = request.wr.operation === "write" ? "write" : "send";
    const opcodes = segmentsOf(QPT_RC, operation, request.wr.immediate ? "immediate" : "plain");
    const opcode = (opcodes as Segments)[positionOf(begins, ends)];
    const writer = this.#writer;
    if (!writer.open(qp, opcode, count)) return "blocked";
    if (opcode.at.reth !== undefined) {
      writeReth(writer.bytes, writer.headerAt("reth"), request.remoteAddress, request.rkey, request.sges.bytes);
    }
    if (opcode.immediate) writeImmDt(writer.bytes, writer.headerAt("immDt"), request.immediate);
    if (!request.sges.gather(offset, count, writer.bytes, writer.payloadAt)) {
      this.#spoil(qp, qp.sq.slot(requester.txIndex), WC_LOC_PROT_ERR);
      return "idle";
    }
    writer.close(qp, requester.txPsn, ends && request.solicited, ends || this.#asksForAck(qp));
    return "sent";
  }

  #asksForAck(qp: QueuePair): boolean {
    const { unackedPsn, txPsn } = qp.requester;
    const outstanding = psnDistance(unackedPsn, txPsn) + 1;
    return txPsn % ACK_EVERY === ACK_EVERY - 1 || outstanding >= this.#context.outstandingPacketsMax;
  }

  /** A READ is asked for from the first packet that is missing. */
  #sendFetch(qp: QueuePair, request: SendRequest, done: number): Turn {
    const reads = request.wr.operation === "read";
    const opcode = opcodeOf(reads ? RC_READ_REQUEST : request.wr.atomic);
    const writer = this.#writer;
    if (!writer.open(qp, opcode, 0)) return "blocked";
    if (reads) {
      const offset = done * qp.mtu;
      const address = request.remoteAddress + offset;
      writeReth(writer.bytes, writer.headerAt("reth"), address, request.rkey, request.sges.bytes - offset);
    } else {
      const at = writer.headerAt("atomicEth");
      writeAtomicEth(writer.bytes, at, request.remoteAddress, request.rkey, request.swapOrAdd, request.compare);
    }
    writer.close(qp, qp.requester.txPsn, false, true);
    return "sent";
  }
}

/** Was the work request translated under another epoch than one that its keys are looked up under? */
function isStale(qp: QueuePair, request: SendRequest): boolean {
  if (request.keyed && request.localEpoch !== qp.localEpoch) return true;
  return request.wr.oneSided && request.remoteEpoch !== qp.settings.remoteEpoch;
}
