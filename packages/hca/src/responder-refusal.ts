import {
  WC_LOC_ACCESS_ERR,
  WC_LOC_LEN_ERR,
  WC_LOC_PROT_ERR,
  WC_LOC_QP_OP_ERR,
  WC_MW_BIND_ERR,
  WC_REM_ACCESS_ERR,
} from "@nomad/abi";
import {
  NAK_INVALID_REQUEST,
  NAK_PSN_SEQUENCE_ERROR,
  NAK_REMOTE_ACCESS_ERROR,
  NAK_REMOTE_OPERATIONAL_ERROR,
  nakSyndrome,
  type Packet,
  rnrSyndrome,
} from "@nomad/iba";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import { planted } from "./mutants.ts";
import type { QueuePair } from "./queue-pair.ts";

/** Why a request is not executed. */
export type Refusal =
  | "out-of-sequence"
  | "not-ready"
  | "invalid-request"
  | "access-error"
  | "length-error"
  | "operational-error"
  | "protection-error"
  | "invalidate-error"
  | "queue-spoilt";

/** What becomes of the requests of a reliable connection that are not executed (IBA 9.9.3): which NAK, and who fails. */
export class Refusals {
  readonly #context: HcaContext;
  readonly #completions: Completions;
  readonly #ways: Readonly<Record<Refusal, (qp: QueuePair, packet: Packet) => void>> = {
    "out-of-sequence": (qp) => this.#outOfSequence(qp),
    "not-ready": (qp) => this.#notReady(qp),
    "invalid-request": (qp) => this.#invalidRequest(qp),
    "access-error": (qp, packet) => this.#accessError(qp, packet),
    "length-error": (qp, packet) => this.#lengthError(qp, packet),
    "operational-error": (qp) => this.#receiveError(qp, WC_LOC_QP_OP_ERR),
    "protection-error": (qp) => this.#receiveError(qp, WC_LOC_PROT_ERR),
    "invalidate-error": (qp) => this.#invalidateError(qp),
    "queue-spoilt": (qp) => this.#fatal(qp, NAK_REMOTE_OPERATIONAL_ERROR),
  };

  constructor(context: HcaContext, completions: Completions) {
    this.#context = context;
    this.#completions = completions;
  }

  refuse(qp: QueuePair, packet: Packet, why: Refusal): void {
    this.#ways[why](qp, packet);
  }

  #outOfSequence(qp: QueuePair): void {
    qp.counters.out_of_sequence++;
    this.#nakOnce(qp, nakSyndrome(NAK_PSN_SEQUENCE_ERROR));
  }

  #notReady(qp: QueuePair): void {
    qp.counters.out_of_buffer++;
    if (!planted.forgetRnrNak) this.#nakOnce(qp, rnrSyndrome(qp.settings.minRnrTimer));
  }

  /** Asks for the expected PSN; what comes before it is there is dropped without another NAK. */
  #nakOnce(qp: QueuePair, syndrome: number): void {
    const responder = qp.responder;
    if (!responder.nakSent) responder.responses.acknowledge(responder.expectedPsn, responder.msn, syndrome);
    responder.nakSent = true;
  }

  #invalidRequest(qp: QueuePair): void {
    this.#context.events.asyncEvent({ kind: "QP_REQ_ERR", qpn: qp.qpn });
    this.#fatal(qp, NAK_INVALID_REQUEST);
  }

  /** The receive that the message has taken fails, too (IBA 11.6.2: "local access error" for a WRITE with immediate data). */
  #accessError(qp: QueuePair, packet: Packet): void {
    qp.counters.resp_remote_access_errors++;
    this.#context.events.asyncEvent({ kind: "QP_ACCESS_ERR", qpn: qp.qpn });
    const status = packet.opcode.operation === "write" ? WC_LOC_ACCESS_ERR : WC_REM_ACCESS_ERR;
    if (qp.responder.holdsReceive) this.#completions.failReceive(qp, status);
    this.#fatal(qp, NAK_REMOTE_ACCESS_ERROR);
  }

  /** A message that is longer than its buffer, or not as long as it said. */
  #lengthError(qp: QueuePair, packet: Packet): void {
    qp.counters.resp_local_length_error++;
    if (packet.opcode.operation !== "send") return this.#invalidRequest(qp);
    this.#completions.failReceive(qp, WC_LOC_LEN_ERR);
    this.#fatal(qp, NAK_INVALID_REQUEST);
  }

  /** The receive work request is at fault; the requester learns only that this side failed. */
  #receiveError(qp: QueuePair, status: number): void {
    this.#completions.failReceive(qp, status);
    this.#fatal(qp, NAK_REMOTE_OPERATIONAL_ERROR);
  }

  /** A class J fault (IBA 9.9.3): the receive and the queue pair fail, and the requester is told nothing. */
  #invalidateError(qp: QueuePair): void {
    this.#completions.failReceive(qp, WC_MW_BIND_ERR);
    this.#completions.enterError(qp);
  }

  /** Answers with a NAK behind what is still to be sent, and fails the queue pair. */
  #fatal(qp: QueuePair, code: number): void {
    const responder = qp.responder;
    responder.responses.acknowledge(responder.expectedPsn, responder.msn, nakSyndrome(code));
    responder.refusal = code;
    this.#completions.enterError(qp);
  }
}
