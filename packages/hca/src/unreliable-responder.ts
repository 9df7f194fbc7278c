import { ACCESS_REMOTE_WRITE, WC_RECV, WC_RECV_RDMA_WITH_IMM, WC_SUCCESS, WC_WITH_IMM } from "@nomad/abi";
import { limits } from "@nomad/base";
import { immDt, type Packet, payloadFits, psnAdd } from "@nomad/iba";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import { copyBytes } from "./copy.ts";
import { planted } from "./mutants.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { ReceiveIntake } from "./receive-intake.ts";
import { findWriteTarget, openWrite } from "./write-target.ts";

/** What becomes of a packet: it is taken; its message is dropped; the queue pair fails. */
type Verdict = "taken" | "dropped" | "failed";

/**
 * Executes SENDs and WRITEs of an unreliable connection (IBA 9.8.2): a message of which a packet is lost is dropped without a
 * word, and the next that begins is taken, whatever its PSN. A receive work request taken for a lost one serves the next.
 */
export class UnreliableResponder {
  readonly #context: HcaContext;
  readonly #completions: Completions;
  readonly #intake: ReceiveIntake;

  constructor(context: HcaContext, intake: ReceiveIntake, completions: Completions) {
    this.#context = context;
    this.#intake = intake;
    this.#completions = completions;
  }

  receive(qp: QueuePair, packet: Packet): void {
    const { responder } = qp;
    const { begins, operation } = packet.opcode;
    const expected = packet.psn === responder.expectedPsn;
    if (!expected) qp.counters.out_of_sequence++;
    if (begins || (!expected && !planted.keepLostUcMessage)) responder.closeMessage();
    const continues = begins || responder.message === operation;
    responder.expectedPsn = psnAdd(packet.psn, 1);
    const verdict = continues ? this.#execute(qp, packet) : "dropped";
    if (verdict === "dropped") responder.closeMessage();
    if (verdict === "failed") this.#completions.enterError(qp);
  }

  #execute(qp: QueuePair, packet: Packet): Verdict {
    if (!payloadFits(packet.opcode, packet.payloadBytes, qp.mtu)) return "dropped";
    const placed = packet.opcode.operation === "write" ? this.#write(qp, packet) : this.#send(qp, packet);
    if (placed !== "taken") return placed;
    qp.responder.message = packet.opcode.operation === "write" ? "write" : "send";
    qp.responder.received += packet.payloadBytes;
    return packet.opcode.ends ? this.#complete(qp, packet) : "taken";
  }

  #send(qp: QueuePair, packet: Packet): Verdict {
    const { responder } = qp;
    const held = this.#hold(qp);
    if (held !== "taken") return held;
    const { sges } = responder.receive;
    if (responder.received + packet.payloadBytes > sges.bytes) {
      qp.counters.resp_local_length_error++;
      return "dropped";
    }
    if (sges.scatter(responder.received, packet.payloadBytes, packet.bytes, packet.payloadOffset)) return "taken";
    this.#intake.fail(qp, "protection");
    return "failed";
  }

  #write(qp: QueuePair, packet: Packet): Verdict {
    const { responder } = qp;
    const { begins, ends } = packet.opcode;
    if ((qp.settings.access & ACCESS_REMOTE_WRITE) === 0) return "dropped";
    if (begins) openWrite(responder, packet);
    const left = responder.writeLength - responder.received - packet.payloadBytes;
    if ((ends ? left !== 0 : left <= 0) || responder.writeLength > limits.messageBytesMax) return "dropped";
    if (!findWriteTarget(this.#context.regions, qp)) {
      qp.counters.resp_remote_access_errors++;
      return "dropped";
    }
    const range = responder.writeRange;
    const at = (range?.base ?? 0) + responder.writeAddress + responder.received;
    if (range !== null) copyBytes(range.memory.bytes, at, packet.bytes, packet.payloadOffset, packet.payloadBytes);
    return "taken";
  }

  #complete(qp: QueuePair, packet: Packet): Verdict {
    const { responder } = qp;
    const { operation, immediate, at } = packet.opcode;
    const bytes = responder.received;
    const writes = operation === "write";
    if (writes) qp.counters.rx_write_requests++;
    if (immediate) {
      const held = this.#hold(qp);
      if (held !== "taken") return held;
    }
    responder.closeMessage();
    if (writes && !immediate) return "taken";
    const opcode = writes ? WC_RECV_RDMA_WITH_IMM : WC_RECV;
    const completion = this.#completions.beginReceive(qp, WC_SUCCESS, opcode, bytes);
    if (immediate) {
      completion.flags = WC_WITH_IMM;
      completion.immediate = immDt(packet.bytes, packet.offset + (at.immDt as number));
    }
    completion.solicited = packet.solicited;
    this.#completions.endReceive(qp, completion);
    return "taken";
  }

  /** A receive work request is held; without one the message is dropped. */
  #hold(qp: QueuePair): Verdict {
    const taken = this.#intake.take(qp);
    if (taken === "held") return "taken";
    if (taken === "none") {
      qp.counters.out_of_buffer++;
      return "dropped";
    }
    if (taken === "malformed") this.#intake.fail(qp, taken);
    return "failed";
  }
}
