import type { Lid, Psn, Qpn } from "@nomad/base";
import { ICRC_BYTES, isMulticastLid, type Opcode, writeBth } from "@nomad/iba";
import type { HcaContext } from "./context.ts";
import type { QueuePair } from "./queue-pair.ts";

/** What a turn at sending came to: one packet went out; there is nothing to send; the link takes no more. */
export type Turn = "sent" | "idle" | "blocked";

/** Writes one packet at a time straight into the frame that will carry it: `open`, headers and payload, `close`. */
export class PacketWriter {
  /** The frame's memory and where the packet starts in it; valid between `open` and `close`. */
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** A multicast packet leaves: this port's own members get it too. Valid during the call only. */
  onMulticast: (bytes: Uint8Array, offset: number, length: number, mlid: Lid) => void = () => {};
  readonly #context: HcaContext;
  #dlid = 0 as Lid;
  #destQpn = 0 as Qpn;
  #opcode: Opcode | null = null;
  #payloadBytes = 0;

  constructor(context: HcaContext) {
    this.#context = context;
  }

  /** Room for a packet to the queue pair's peer; false when the link takes no more, and the queue pair waits for it. */
  open(qp: QueuePair, opcode: Opcode, payloadBytes: number): boolean {
    return this.openTo(qp, opcode, payloadBytes, qp.settings.dlid, qp.settings.destQpn);
  }

  /** The same, to any queue pair. */
  openTo(qp: QueuePair, opcode: Opcode, payloadBytes: number, dlid: Lid, destQpn: Qpn): boolean {
    const slot = this.#context.egress.reserve(dlid, packetBytes(opcode, payloadBytes));
    if (slot === null) {
      this.#context.schedule.park(qp, dlid);
      return false;
    }
    this.bytes = slot.bytes;
    this.at = slot.offset;
    this.#dlid = dlid;
    this.#destQpn = destQpn;
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
    const pkey = this.#context.port.pkey(qp.settings.pkeyIndex);
    writeBth(this.bytes, this.at, opcode.code, solicited, pad, this.#destQpn, ackRequest, psn, pkey);
    for (let i = end - pad; i < end; i++) this.bytes[i] = 0;
    if (this.#context.icrc !== null) {
      this.#context.icrc.write(this.bytes, this.at, length, this.#context.lid, this.#dlid);
    } else {
      for (let i = 0; i < ICRC_BYTES; i++) this.bytes[end + i] = 0;
    }
    this.#release(qp, length);
  }

  #release(qp: QueuePair, length: number): void {
    if (!this.#context.port.active) {
      qp.counters.port_xmit_discards++;
      return;
    }
    if (isMulticastLid(this.#dlid)) {
      qp.counters.multicast_xmit_packets++;
      this.onMulticast(this.bytes, this.at, length, this.#dlid);
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
