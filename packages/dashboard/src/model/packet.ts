import { type CapturedFrame, type Dissection, dissect, formatField } from "@nomad/iba";

/** A captured packet, as a line of a list. */
export interface PacketLine {
  /** Since 1970, ms. */
  readonly atMs: number;
  /** Where it was seen, and whether it came or went. */
  readonly host: string;
  readonly direction: CapturedFrame["direction"];
  readonly opcode: string;
  readonly qpn: number;
  readonly psn: number;
  /** `A`: an acknowledgement is asked for; `SE`: a solicited event. */
  readonly flags: string;
  /** What an ACK or NAK says; empty for other packets. */
  readonly syndrome: string;
  readonly payloadBytes: number;
  /** The queue pair of the guest here, by the number that its program knows; null when it is no guest's. */
  readonly qp: number | null;
  /** Who speaks to whom, as programs name each other. */
  readonly who: string;
}

/** The line of a frame; null when it is no packet of InfiniBand. */
export function packetLine(captured: CapturedFrame): PacketLine | null {
  const { bth, fields, payloadBytes } = dissect(captured, null);
  if (bth === null) return null;
  return {
    atMs: Number(captured.timeNs / 1000n) / 1000,
    host: captured.interface,
    direction: captured.direction,
    opcode: bth.opcode ?? `0x${bth.code.toString(16).padStart(2, "0")}`,
    qpn: bth.destQpn,
    psn: bth.psn,
    flags: [bth.ackRequest && "A", bth.solicited && "SE"].filter(Boolean).join(" "),
    syndrome: syndromeOf(fields),
    payloadBytes,
    qp: ownQp(captured),
    who: captured.comment,
  };
}

/** Sender and receiver are in the comment; who is here depends on the direction. */
function ownQp({ comment, direction }: CapturedFrame): number | null {
  const [from = "", to = ""] = comment.split(" > ");
  const found = / QP (\d+)$/.exec(direction === "out" ? from : to);
  return found === null ? null : Number(found[1]);
}

function syndromeOf(fields: Dissection["fields"]): string {
  const found = fields.find(({ form }) => form === "syndrome");
  return found === undefined ? "" : formatField(found.form, found.value);
}
