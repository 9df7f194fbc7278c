import type { Psn, Qpn } from "@nomad/base";
import { bthAckRequest, bthDestQpn, bthOpcode, bthPad, bthPsn, bthSolicited, bthVersion } from "./header.ts";
import { ICRC_BYTES } from "./icrc.ts";
import { type Opcode, opcodeOf, opcodes } from "./opcode.ts";
import { headerBytes, RC_ACK } from "./opcode-table.ts";

export type ParseError =
  | "too-short"
  | "length-not-aligned"
  | "version"
  | "unknown-opcode"
  | "header-cut"
  | "pad"
  | "payload";

/** A received packet, described in place. One is reused for every packet: valid until the next is parsed into it. */
export interface Packet {
  bytes: Uint8Array;
  /** Where the BTH starts. */
  offset: number;
  /** BTH to ICRC. */
  length: number;
  opcode: Opcode;
  destQpn: Qpn;
  psn: Psn;
  solicited: boolean;
  ackRequest: boolean;
  /** Where the payload starts in `bytes`, and its bytes without padding. */
  payloadOffset: number;
  payloadBytes: number;
}

export function emptyPacket(): Packet {
  return {
    bytes: new Uint8Array(0),
    offset: 0,
    length: 0,
    opcode: opcodeOf(RC_ACK),
    destQpn: 0 as Qpn,
    psn: 0 as Psn,
    solicited: false,
    ackRequest: false,
    payloadOffset: 0,
    payloadBytes: 0,
  };
}

/**
 * Describes the packet at `offset` in `into`: null, or why it is none (`into` is then undefined). It holds for any bytes;
 * `offset` and `length` must lie inside `bytes`. The ICRC is not looked at, nor is the path MTU, which a queue pair knows.
 */
export function parsePacket(into: Packet, bytes: Uint8Array, offset: number, length: number): ParseError | null {
  if (length < headerBytes.bth + ICRC_BYTES) return "too-short";
  if (length % 4 !== 0) return "length-not-aligned";
  if (bthVersion(bytes, offset) !== 0) return "version";
  const opcode = opcodes[bthOpcode(bytes, offset)];
  if (opcode === undefined) return "unknown-opcode";
  const behindHeaders = length - opcode.headerBytes - ICRC_BYTES;
  if (behindHeaders < 0) return "header-cut";
  const payloadBytes = behindHeaders - bthPad(bytes, offset);
  if (payloadBytes < 0) return "pad";
  if (opcode.payload === "none" ? behindHeaders !== 0 : opcode.payload !== "any" && payloadBytes === 0)
    return "payload";
  into.bytes = bytes;
  into.offset = offset;
  into.length = length;
  into.opcode = opcode;
  into.destQpn = bthDestQpn(bytes, offset);
  into.psn = bthPsn(bytes, offset);
  into.solicited = bthSolicited(bytes, offset);
  into.ackRequest = bthAckRequest(bytes, offset);
  into.payloadOffset = offset + opcode.headerBytes;
  into.payloadBytes = payloadBytes;
  return null;
}

/** Does the payload obey the opcode's rule under this path MTU? */
export function payloadFits(opcode: Opcode, payloadBytes: number, mtu: number): boolean {
  return opcode.payload === "full" ? payloadBytes === mtu : payloadBytes <= mtu;
}
