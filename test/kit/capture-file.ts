import type { Lid } from "@nomad/base";
import * as iba from "@nomad/iba";

/** A packet, BTH to ICRC, and the ports that it goes between. */
export interface SentPacket {
  readonly packet: Uint8Array;
  readonly slid: Lid;
  readonly dlid: Lid;
}

/** The packet behind the headers that a capture puts in front of it. */
export function frameOf({ packet, slid, dlid }: SentPacket): Uint8Array {
  const frame = new Uint8Array(iba.FRAME_HEADER_BYTES + packet.length);
  iba.writeRoceFrame(frame, 0, packet, 0, packet.length, slid, dlid);
  return frame;
}

/** A pcapng file of these packets, in their order. */
export function captureFile(packets: readonly SentPacket[]): Buffer {
  const blocks = packets.map((sent, i) => {
    const head = { interface: 0, timeNs: BigInt(i), direction: "out" as const, comment: new Uint8Array() };
    return iba.packetBlock(head, frameOf(sent));
  });
  const section = iba.sectionHeader({ application: "test", comment: "" });
  const description = iba.interfaceDescription({ name: "host-a", description: "LID 1" });
  return Buffer.concat([section, description, ...blocks]);
}
