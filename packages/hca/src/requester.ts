import { WC_LOC_PROT_ERR, WC_RETRY_EXC_ERR, WC_SUCCESS } from "@nomad/abi";
import type { Psn } from "@nomad/base";
import { opcodeOf, psn, psnAdd, psnDiff, psnDistance, RC_READ_REQUEST, writeAtomicEth, writeReth } from "@nomad/iba";
import type { HcaContext } from "./context.ts";
import { planted } from "./mutants.ts";
import type { PacketWriter, Turn } from "./packet-writer.ts";
import type { QueuePair } from "./queue-pair.ts";
import { type Segment, sendSegment } from "./segment.ts";
import type { SendIntake } from "./send-intake.ts";
import type { SendRequest } from "./work-request.ts";

/** An ACK is asked for at the end of each message, and inside one as often as this. */
const ACK_EVERY = 32;
/** PSNs that may be outstanding when a READ starts: far fewer than could be mistaken for old ones. */
const FETCH_WINDOW = 2 ** 16;

/** Sends the packets of a reliable connection's work requests, again from an earlier one when it must (go-back-N). */
export class Requester {
  readonly #context: HcaContext;
  readonly #writer: PacketWriter;
  readonly #intake: SendIntake;
  readonly #segment: Segment = { psn: 0 as Psn, number: 0, ends: false, ackRequest: false };

  constructor(context: HcaContext, writer: PacketWriter, intake: SendIntake) {
    this.#context = context;
    this.#writer = writer;
    this.#intake = intake;
  }

  /** Sends at most one packet. */
  transmit(qp: QueuePair): Turn {
    const requester = qp.requester;
    if (!qp.requesting || requester.rnrWaiting) return "idle";
    if (!this.#advance(qp)) return "idle";
    const { started } = requester;
    if (started.request.index !== requester.txIndex && !this.#intake.reload(qp)) return "idle";
    const slot = qp.sq.slot(requester.txIndex);
    if (started.status[slot] !== WC_SUCCESS || !this.#windowOpen(qp, started.request)) return "idle";
    return this.#send(qp, slot, started.request);
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
    if (qp.holders.length === 0 && requester.retriesLeft-- <= 0 && !planted.ignoreRetryCount) {
      this.#intake.fail(qp, WC_RETRY_EXC_ERR);
      return;
    }
    requester.impliedNakPsn = -1;
    this.restartTimer(qp, null);
    requester.goBack();
    this.#context.schedule.add(qp);
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

  /** Comes to a work request that has packets to send, starting new ones as need be; false when there is none. */
  #advance(qp: QueuePair): boolean {
    const requester = qp.requester;
    for (;;) {
      while (requester.txIndex !== requester.next && isDoneHere(qp)) requester.txIndex = (requester.txIndex + 1) >>> 0;
      if (requester.txIndex !== requester.next) return true;
      if (!this.#intake.start(qp)) return false;
    }
  }

  #windowOpen(qp: QueuePair, request: SendRequest): boolean {
    const outstanding = psnDistance(qp.requester.unackedPsn, qp.requester.txPsn);
    return outstanding < (request.wr.fetches ? FETCH_WINDOW : this.#context.outstandingPacketsMax);
  }

  #send(qp: QueuePair, slot: number, request: SendRequest): Turn {
    const requester = qp.requester;
    const first = psn(requester.started.firstPsn[slot] as number);
    const end = psnAdd(first, requester.started.packets[slot] as number);
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
    const segment = this.#segment;
    segment.psn = qp.requester.txPsn;
    segment.number = done;
    segment.ends = ends;
    segment.ackRequest = ends || this.#asksForAck(qp);
    const turn = sendSegment(this.#writer, qp, request, segment);
    if (turn !== "unreadable") return turn;
    this.#intake.spoil(qp, qp.sq.slot(qp.requester.txIndex), WC_LOC_PROT_ERR);
    return "idle";
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
      const offset = request.skipped + done * qp.mtu;
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

/** Has the work request that is next to be sent no packets? */
function isDoneHere(qp: QueuePair): boolean {
  const { started } = qp.requester;
  const slot = qp.sq.slot(qp.requester.txIndex);
  return started.packets[slot] === 0 && started.status[slot] === WC_SUCCESS;
}
