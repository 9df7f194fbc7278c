import { assert, type Psn } from "@nomad/base";
import { positionOf, writeIeth, writeImmDt, writeReth } from "@nomad/iba";
import type { PacketWriter, Turn } from "./packet-writer.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { SendRequest } from "./work-request.ts";

/** One packet of a SEND or RDMA WRITE: which of its message it is, counted from 0, and what it asks for. */
export interface Segment {
  psn: Psn;
  number: number;
  ends: boolean;
  ackRequest: boolean;
}

/** Sends it to the queue pair's peer. `unreadable`: a key does not give access to its data, and nothing was sent. */
export function sendSegment(
  writer: PacketWriter,
  qp: QueuePair,
  request: SendRequest,
  { psn, number, ends, ackRequest }: Segment,
): Turn | "unreadable" {
  const { wr, sges } = request;
  const offset = request.skipped + number * qp.mtu;
  const count = Math.min(qp.mtu, sges.bytes - offset);
  const segments = wr.segments[qp.type];
  assert(segments, "a work request without packets is not sent");
  const opcode = segments[positionOf(number === 0, ends)];
  if (!writer.open(qp, opcode, count)) return "blocked";
  if (opcode.at.reth !== undefined) {
    const { remoteAddress, rkey, skipped } = request;
    writeReth(writer.bytes, writer.headerAt("reth"), remoteAddress + skipped, rkey, sges.bytes - skipped);
  }
  if (opcode.immediate) writeImmDt(writer.bytes, writer.headerAt("immDt"), request.immediate);
  if (opcode.invalidate) writeIeth(writer.bytes, writer.headerAt("ieth"), request.rkey);
  if (!sges.gather(offset, count, writer.bytes, writer.payloadAt)) return "unreadable";
  writer.close(qp, psn, ends && request.solicited, ackRequest);
  return "sent";
}
