import { ACCESS_REMOTE_READ } from "@nomad/abi";
import {
  NAK_REMOTE_ACCESS_ERROR,
  nakSyndrome,
  opcodeOf,
  positionOf,
  psnAdd,
  RC_ACK,
  RC_ATOMIC_ACK,
  readResponseOpcode,
  SYNDROME_ACK,
  writeAeth,
  writeAtomicAckEth,
} from "@nomad/iba";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import { copyBytes } from "./copy.ts";
import type { PacketWriter, Turn } from "./packet-writer.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { Response } from "./response-queue.ts";

/** Sends what the responder owes, a packet at a time. It does so even for a queue pair that has failed: the NAK says why. */
export class Replier {
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
    const response = qp.responder.responses.head;
    if (response === null) return "idle";
    switch (response.kind) {
      case "ack":
        return this.#sendAck(qp, response);
      case "atomic":
        return this.#sendAtomic(qp, response);
      case "read":
        return this.#sendRead(qp, response);
    }
  }

  #sendAck(qp: QueuePair, response: Response): Turn {
    const writer = this.#writer;
    if (!writer.open(qp, opcodeOf(RC_ACK), 0)) return "blocked";
    writeAeth(writer.bytes, writer.headerAt("aeth"), response.syndrome, response.msn);
    writer.close(qp, response.psn, false, false);
    qp.responder.responses.shift();
    return "sent";
  }

  #sendAtomic(qp: QueuePair, response: Response): Turn {
    const writer = this.#writer;
    if (!writer.open(qp, opcodeOf(RC_ATOMIC_ACK), 0)) return "blocked";
    writeAeth(writer.bytes, writer.headerAt("aeth"), SYNDROME_ACK, response.msn);
    writeAtomicAckEth(writer.bytes, writer.headerAt("atomicAckEth"), response.original);
    writer.close(qp, response.psn, false, false);
    qp.responder.responses.shift();
    return "sent";
  }

  #sendRead(qp: QueuePair, response: Response): Turn {
    const offset = response.sent * qp.mtu;
    const count = Math.min(qp.mtu, response.length - offset);
    const from = response.address + offset;
    const range = count === 0 ? null : this.#context.regions.remote(response.rkey, qp, from, count, ACCESS_REMOTE_READ);
    if (count > 0 && range === null) return this.#refuse(qp, response);
    const ends = response.sent + 1 === response.packets;
    const opcode = readResponseOpcode(positionOf(response.sent === 0, ends));
    const writer = this.#writer;
    if (!writer.open(qp, opcode, count)) return "blocked";
    if (opcode.at.aeth !== undefined) writeAeth(writer.bytes, writer.headerAt("aeth"), SYNDROME_ACK, response.msn);
    if (range !== null) copyBytes(writer.bytes, writer.payloadAt, range.memory.bytes, range.base + from, count);
    writer.close(qp, psnAdd(response.psn, response.sent), false, false);
    response.sent++;
    if (ends) qp.responder.responses.shift();
    return "sent";
  }

  /** The region was deregistered after the READ had been accepted. */
  #refuse(qp: QueuePair, response: Response): Turn {
    const { responses, msn } = qp.responder;
    const missing = psnAdd(response.psn, response.sent);
    responses.clear();
    responses.acknowledge(missing, msn, nakSyndrome(NAK_REMOTE_ACCESS_ERROR));
    qp.responder.refusal = NAK_REMOTE_ACCESS_ERROR;
    qp.counters.resp_remote_access_errors++;
    this.#context.events.asyncEvent({ kind: "QP_ACCESS_ERR", qpn: qp.qpn });
    this.#completions.enterError(qp);
    return this.transmit(qp);
  }
}
