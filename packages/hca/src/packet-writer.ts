import type { Psn } from "@nomad/base";
import { ICRC_BYTES, type Opcode, writeBth } from "@nomad/iba";
import type { HcaContext } from "./context.ts";
import type { QueuePair } from "./queue-pair.ts";

/** What a turn at sending came to: one packet went out; there is nothing to send; the link takes no more. */
export type Turn = "sent" | "idle" | "blocked";

/** Writes one packet at a time straight into the frame that will carry it: `open`, headers and payload, `close`. */
export class PacketWriter {
  /** The frame's memory and where the packet starts in it; valid between `open` and `close`. */
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  readonly #context: HcaContext;
  #opcode: Opcode | null = null;
  #payloadBytes = 0;

  constructor(context: HcaContext) {
    this.#context = context;
  }

  /** Room for a packet to the queue pair's peer; false when the link takes no more, and the queue pair waits for it. */
  open(qp: QueuePair, opcode: Opcode, payloadBytes: number): boolean {
    const dlid = qp.settings.dlid;
    const slot = this.#context.egress.reserve(dlid, packetBytes(opcode, payloadBytes));
    if (slot === null) {
      this.#context.schedule.park(qp, dlid);
      return false;
    }
    this.bytes = slot.bytes;
    this.at = slot.offset;
    this.#opcode = opcode;
    this.#payloadBytes = payloadBytes;
    return true;
  }

  /** Where in `bytes` the payload goes. */
  get payloadAt(): number {
    return this.at + (this.#opcode as Opcode).headerBytes;
  }

  /** Where in `bytes` the header behind the BTH that the opcode's list names goes. */
  headerAt(header: keyof Opcode["at"]): number {
    return this.at + ((this.#opcode as Opcode).at[header] as number);
  }

  /** Completes the packet with BTH, padding and ICRC, and lets it go. */
  close(qp: QueuePair, psn: Psn, solicited: boolean, ackRequest: boolean): void {
    const opcode = this.#opcode as Opcode;
    const length = packetBytes(opcode, this.#payloadBytes);
    const pad = padOf(this.#payloadBytes);
    const end = this.at + length - ICRC_BYTES;
    writeBth(this.bytes, this.at, opcode.code, solicited, pad, qp.settings.destQpn, ackRequest, psn);
    for (let i = end - pad; i < end; i++) this.bytes[i] = 0;
    if (this.#context.icrc !== null) {
      this.#context.icrc.write(this.bytes, this.at, length, this.#context.lid, qp.settings.dlid);
    } else {
      for (let i = 0; i < ICRC_BYTES; i++) this.bytes[end + i] = 0;
    }
    this.#context.egress.commit(length, qp.qpn);
    qp.counters.port_xmit_packets++;
    qp.counters.port_xmit_data += length;
  }
}

function padOf(payloadBytes: number): number {
  return -payloadBytes & 3;
}

function packetBytes(opcode: Opcode, payloadBytes: number): number {
  return opcode.headerBytes + payloadBytes + padOf(payloadBytes) + ICRC_BYTES;
}
