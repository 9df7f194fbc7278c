import type { Lid, Psn, Qpn } from "@nomad/base";
import { writeBth } from "../header.ts";
import { type Crc32, ICRC_BYTES, Icrc } from "../icrc.ts";
import { type HeaderName, headerBytes, type Opcode } from "../opcode.ts";

/** What every header of a sample carries behind its BTH, its bytes written out, no helper used. */
export const sampleHeaders: Readonly<Record<Exclude<HeaderName, "bth">, readonly number[]>> = {
  deth: [0x11, 0x11, 0x22, 0x22, 0, 0x0a, 0x0b, 0x0c],
  reth: [0, 0, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xca, 0xfe, 0xba, 0xbe, 0, 0x01, 0, 0x10],
  aeth: [0x1f, 0x00, 0x12, 0x34],
  atomicEth: [
    ...[0, 0, 0x0f, 0xed, 0xcb, 0xa9, 0x87, 0x60, 0xde, 0xad, 0xbe, 0xef],
    ...[0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0x80, 0, 0, 0, 0, 0, 0, 0x01],
  ],
  atomicAckEth: [0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88],
  immDt: [0x0b, 0xad, 0xf0, 0x0d],
  ieth: [0x5a, 0x5b, 0x5c, 0x5d],
};

export interface Sample {
  readonly opcode: Opcode;
  readonly packet: Uint8Array;
  readonly slid: Lid;
  readonly dlid: Lid;
  readonly destQpn: Qpn;
  readonly psn: Psn;
  readonly payloadBytes: number;
}

/** A packet of this opcode with its own number as PSN, payload where the opcode allows some, and a right ICRC. */
export function samplePacket(opcode: Opcode, crc32: Crc32): Sample {
  const payloadBytes = opcode.payload === "none" ? 0 : opcode.payload === "full" ? 256 : 37;
  const pad = -payloadBytes & 3;
  const packet = new Uint8Array(opcode.headerBytes + payloadBytes + pad + ICRC_BYTES);
  const [slid, dlid] = [0x0102 as Lid, 0x0304 as Lid];
  const [destQpn, psn] = [(0x20_0000 + opcode.code) as Qpn, (0xff_ff00 | opcode.code) as Psn];
  writeBth(packet, 0, opcode.code, opcode.ends, pad, destQpn, opcode.role === "request", psn);
  let at: number = headerBytes.bth;
  for (const header of opcode.headers) {
    if (header === "bth") continue;
    packet.set(sampleHeaders[header], at);
    at += sampleHeaders[header].length;
  }
  packet.fill(0xa5, at, at + payloadBytes);
  new Icrc(crc32).write(packet, 0, packet.length, slid, dlid);
  return { opcode, packet, slid, dlid, destQpn, psn, payloadBytes };
}
