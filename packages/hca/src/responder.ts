import {
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  WC_RECV,
  WC_RECV_RDMA_WITH_IMM,
  WC_SUCCESS,
  WC_WITH_IMM,
  WC_WITH_INV,
} from "@nomad/abi";
import { limits } from "@nomad/base";
import { iethRkey, immDt, type Packet, payloadFits, psnAdd, psnDiff, SYNDROME_ACK } from "@nomad/iba";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import { copyBytes } from "./copy.ts";
import { planted } from "./mutants.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { ReceiveIntake } from "./receive-intake.ts";
import { executeAgain } from "./responder-again.ts";
import { executeAtomic, executeRead, repeatAtomic } from "./responder-fetch.ts";
import { type Refusal, Refusals } from "./responder-refusal.ts";
import { findWriteTarget, openWrite } from "./write-target.ts";

/** What a request goes through, in order; then the ways in which it ends early. */
type Step =
  | "sequence"
  | "order"
  | "resources"
  | "length"
  | "access"
  | "execute"
  | "complete"
  | "acknowledge"
  | "done"
  | "duplicate"
  | Refusal;

/** The flag that a queue pair's access must have for an operation of a peer; SEND needs none. */
const accessNeeded = {
  send: 0,
  write: ACCESS_REMOTE_WRITE,
  read: ACCESS_REMOTE_READ,
  atomic: ACCESS_REMOTE_ATOMIC,
  ack: 0,
} as const;

/**
 * Executes the requests of a reliable connection: each goes through the steps above, one method each, which return the next (IBA 9.7.4, 9.7.5). Nothing
 * is sent here: responses are queued, and leave when the queue pair has its turn.
 */
export class Responder {
  readonly #context: HcaContext;
  readonly #intake: ReceiveIntake;
  readonly #completions: Completions;
  readonly #refusals: Refusals;

  constructor(context: HcaContext, intake: ReceiveIntake, completions: Completions) {
    this.#context = context;
    this.#intake = intake;
    this.#completions = completions;
    this.#refusals = new Refusals(context, completions);
  }

  /** A request for a queue pair that takes them. */
  receive(qp: QueuePair, packet: Packet): void {
    for (let step: Step = "sequence"; step !== "done"; ) step = this.#take(step, qp, packet);
    if (qp.responder.responses.head !== null) this.#context.schedule.add(qp);
  }

  /** A switch, not a table of functions: it is compiled into one piece with what it calls. */
  #take(step: Exclude<Step, "done">, qp: QueuePair, packet: Packet): Step {
    switch (step) {
      case "sequence":
        return this.#sequence(qp, packet);
      case "order":
        return this.#order(qp, packet);
      case "resources":
        return this.#resources(qp, packet);
      case "length":
        return this.#length(qp, packet);
      case "access":
        return this.#access(qp, packet);
      case "execute":
        return this.#execute(qp, packet);
      case "complete":
        return this.#complete(qp, packet);
      case "acknowledge":
        return this.#acknowledge(qp, packet);
      case "duplicate":
        return this.#duplicate(qp, packet);
      default:
        this.#refusals.refuse(qp, packet, step);
        return "done";
    }
  }

  #sequence(qp: QueuePair, packet: Packet): Step {
    const { expectedPsn } = qp.responder;
    const ahead = planted.psnDoesNotWrap ? packet.psn - expectedPsn : psnDiff(packet.psn, expectedPsn);
    if (ahead === 0) {
      qp.responder.nakSent = false;
      return "order";
    }
    return ahead < 0 ? "duplicate" : "out-of-sequence";
  }

  /** Does it continue the open message, or begin one when none is open; and is its operation enabled? */
  #order(qp: QueuePair, packet: Packet): Step {
    const { operation, begins } = packet.opcode;
    const open = qp.responder.message;
    const continues = open === "none" ? begins : open === operation && !begins;
    const needed = accessNeeded[operation];
    return continues && (qp.settings.access & needed) === needed ? "resources" : "invalid-request";
  }

  /** A receive work request for what needs one; room for the response of a fetch. */
  #resources(qp: QueuePair, packet: Packet): Step {
    const { operation, begins, immediate } = packet.opcode;
    const responder = qp.responder;
    if (operation === "read" || operation === "atomic") {
      return responder.responses.makeRoom() ? "length" : "invalid-request";
    }
    const needsReceive = operation === "send" ? begins : immediate;
    return needsReceive && !responder.holdsReceive ? this.#takeReceive(qp) : "length";
  }

  #takeReceive(qp: QueuePair): Step {
    switch (this.#intake.take(qp)) {
      case "held":
        return "length";
      case "none":
        return "not-ready";
      case "malformed":
        return "operational-error";
      case "spoilt":
        return "queue-spoilt";
    }
  }

  #length(qp: QueuePair, packet: Packet): Step {
    const { operation, begins, ends } = packet.opcode;
    const responder = qp.responder;
    if (!payloadFits(packet.opcode, packet.payloadBytes, qp.mtu)) return "length-error";
    if (operation === "send") {
      const fits = responder.received + packet.payloadBytes <= responder.receive.sges.bytes;
      return fits ? "access" : "length-error";
    }
    if (operation !== "write") return "execute";
    if (begins) openWrite(responder, packet);
    const left = responder.writeLength - responder.received - packet.payloadBytes;
    const fits = ends ? left === 0 : left > 0;
    return fits && responder.writeLength <= limits.messageBytesMax ? "access" : "length-error";
  }

  /** The range of a WRITE, and the window that a SEND invalidates: both before anything is done. */
  #access(qp: QueuePair, packet: Packet): Step {
    const { operation, invalidate, at } = packet.opcode;
    if (operation === "write" && !findWriteTarget(this.#context.regions, qp)) return "access-error";
    if (!invalidate) return "execute";
    const rkey = iethRkey(packet.bytes, packet.offset + (at.ieth as number));
    const { windows } = this.#context;
    if (windows.mayInvalidate(qp, rkey)) return "execute";
    return windows.isType1(rkey) ? "invalidate-error" : "access-error";
  }

  #execute(qp: QueuePair, packet: Packet): Step {
    const responder = qp.responder;
    switch (packet.opcode.operation) {
      case "read":
        return executeRead(this.#context.regions, qp, packet);
      case "atomic":
        return executeAtomic(this.#context.regions, qp, packet);
      case "write": {
        const range = responder.writeRange;
        const at = (range?.base ?? 0) + responder.writeAddress + responder.received;
        if (range === null || (planted.ackUnplaced && !packet.opcode.ends)) break;
        copyBytes(range.memory.bytes, at, packet.bytes, packet.payloadOffset, packet.payloadBytes);
        break;
      }
      default: {
        const { sges } = responder.receive;
        const placed = sges.scatter(responder.received, packet.payloadBytes, packet.bytes, packet.payloadOffset);
        if (!placed) return "protection-error";
      }
    }
    responder.message = packet.opcode.operation === "write" ? "write" : "send";
    responder.received += packet.payloadBytes;
    responder.expectedPsn = psnAdd(packet.psn, 1);
    return packet.opcode.ends ? "complete" : "acknowledge";
  }

  #complete(qp: QueuePair, packet: Packet): Step {
    const responder = qp.responder;
    const { operation } = packet.opcode;
    const bytes = responder.received + responder.carried;
    responder.message = "none";
    responder.received = 0;
    responder.carried = 0;
    responder.msn = (responder.msn + 1) & 0xffffff;
    if (operation === "write") qp.counters.rx_write_requests++;
    if (responder.holdsReceive) this.#completeReceive(qp, packet, bytes);
    return "acknowledge";
  }

  #completeReceive(qp: QueuePair, packet: Packet, bytes: number): void {
    const { operation, immediate, invalidate, at } = packet.opcode;
    const opcode = operation === "write" ? WC_RECV_RDMA_WITH_IMM : WC_RECV;
    const completion = this.#completions.beginReceive(qp, WC_SUCCESS, opcode, bytes);
    if (immediate) {
      completion.flags = WC_WITH_IMM;
      completion.immediate = immDt(packet.bytes, packet.offset + (at.immDt as number));
    }
    if (invalidate) {
      const rkey = iethRkey(packet.bytes, packet.offset + (at.ieth as number));
      if (!planted.forgetInvalidate) this.#context.windows.invalidate(qp, rkey);
      completion.flags = WC_WITH_INV;
      completion.immediate = this.#context.events.keyName?.(qp.qpn, rkey) ?? rkey;
    }
    completion.solicited = packet.solicited;
    this.#completions.endReceive(qp, completion);
  }

  #acknowledge(qp: QueuePair, packet: Packet): Step {
    const { responses, msn } = qp.responder;
    if (packet.ackRequest) responses.acknowledge(packet.psn, msn, SYNDROME_ACK);
    return "done";
  }

  #duplicate(qp: QueuePair, packet: Packet): Step {
    qp.counters.duplicate_request++;
    const { operation } = packet.opcode;
    if (planted.executeDuplicateAtomic && operation === "atomic")
      return repeatAtomic(this.#context.regions, qp, packet);
    if (planted.deliverDuplicates && (operation === "send" || operation === "write")) return "order";
    executeAgain(this.#context.regions, qp, packet);
    return "done";
  }
}
