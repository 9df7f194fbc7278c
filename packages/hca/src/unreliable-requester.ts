import { MULTICAST_QPN, QPT_UD, WC_LOC_PROT_ERR, WC_LOC_QP_OP_ERR, WC_SUCCESS } from "@nomad/abi";
import { assert, type Psn, type Qpn } from "@nomad/base";
import { isMulticastLid, psnAdd, psnDistance, writeDeth, writeImmDt } from "@nomad/iba";
import type { AddressHandle } from "./address-handle.ts";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import type { PacketWriter, Turn } from "./packet-writer.ts";
import type { QueuePair } from "./queue-pair.ts";
import { type Segment, sendSegment } from "./segment.ts";
import type { SendIntake } from "./send-intake.ts";
import type { SendRequest } from "./work-request.ts";

/** A Q_Key with this bit set stands for that of the sending queue pair (IBA 10.2.5). */
const QKEY_OF_SENDER = 0x80000000;

/** Sends what nobody acknowledges: one work request at a time, complete with its last packet (UC and UD). */
export class UnreliableRequester {
  readonly #context: HcaContext;
  readonly #writer: PacketWriter;
  readonly #completions: Completions;
  readonly #intake: SendIntake;
  readonly #segment: Segment = { psn: 0 as Psn, number: 0, ends: false, ackRequest: false };

  constructor(context: HcaContext, writer: PacketWriter, intake: SendIntake, completions: Completions) {
    this.#context = context;
    this.#writer = writer;
    this.#intake = intake;
    this.#completions = completions;
  }

  /** Sends at most one packet. */
  transmit(qp: QueuePair): Turn {
    const requester = qp.requester;
    if (!qp.requesting) return "idle";
    while (!requester.busy) if (!this.#intake.start(qp)) return "idle";
    assert(requester.started.request.index === requester.consumer, "the one work request under way is loaded");
    const turn =
      qp.type === QPT_UD
        ? this.#sendDatagram(qp, requester.started.request)
        : this.#sendNext(qp, requester.started.request);
    if (turn !== "sent" || requester.txPsn !== requester.nextPsn) return turn;
    requester.unackedPsn = requester.txPsn;
    requester.txIndex = requester.next;
    this.#completions.send(qp, WC_SUCCESS);
    if (!requester.busy) this.#context.drained(qp);
    return turn;
  }

  #sendNext(qp: QueuePair, request: SendRequest): Turn {
    const requester = qp.requester;
    const segment = this.#segment;
    segment.psn = requester.txPsn;
    segment.number = psnDistance(requester.unackedPsn, requester.txPsn);
    segment.ends = psnAdd(requester.txPsn, 1) === requester.nextPsn;
    const turn = sendSegment(this.#writer, qp, request, segment);
    if (turn === "unreadable") return this.#fail(qp, WC_LOC_PROT_ERR);
    if (turn === "sent") this.#advance(qp);
    return turn;
  }

  #sendDatagram(qp: QueuePair, request: SendRequest): Turn {
    const handle = this.#context.handles.find(request.ah, qp.pd);
    const opcode = request.wr.segments[QPT_UD]?.only;
    assert(opcode, "a datagram is a SEND");
    if (handle === null) return this.#fail(qp, WC_LOC_QP_OP_ERR);
    // Its target has moved since it was taken up, or was not found. Numbers of another place lead to nobody, or to somebody else.
    if (handle.remoteEpoch !== request.remoteEpoch) return this.#lose(qp);
    const writer = this.#writer;
    if (!writer.openTo(qp, opcode, request.sges.bytes, handle.dlid, targetOf(handle, request))) return "blocked";
    const qkey = request.remoteQkey >= QKEY_OF_SENDER ? qp.settings.qkey : request.remoteQkey;
    writeDeth(writer.bytes, writer.headerAt("deth"), qkey, qp.qpn);
    if (opcode.immediate) writeImmDt(writer.bytes, writer.headerAt("immDt"), request.immediate);
    if (!request.sges.gather(0, request.sges.bytes, writer.bytes, writer.payloadAt)) {
      return this.#fail(qp, WC_LOC_PROT_ERR);
    }
    writer.close(qp, qp.requester.txPsn, request.solicited, false);
    this.#advance(qp);
    return "sent";
  }

  #lose(qp: QueuePair): Turn {
    qp.counters.tx_unaddressed++;
    this.#advance(qp);
    return "sent";
  }

  #advance(qp: QueuePair): void {
    qp.requester.txPsn = psnAdd(qp.requester.txPsn, 1);
    qp.requester.sentPsn = qp.requester.txPsn;
  }

  #fail(qp: QueuePair, status: number): Turn {
    this.#intake.fail(qp, status);
    return "idle";
  }
}

function targetOf(handle: AddressHandle, request: SendRequest): Qpn {
  return isMulticastLid(handle.dlid) ? (MULTICAST_QPN as Qpn) : request.remoteQpn;
}
