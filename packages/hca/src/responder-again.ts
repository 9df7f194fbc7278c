import { ACCESS_REMOTE_READ } from "@nomad/abi";
import { type Packet, packetsOf, psnAdd, psnDiff, rethAddress, rethLength, rethRkey, SYNDROME_ACK } from "@nomad/iba";
import type { MemoryRegions } from "./memory-region.ts";
import type { QueuePair } from "./queue-pair.ts";
import { READ_PACKETS_MAX } from "./work-request.ts";

/**
 * A request that was executed before (IBA 9.7.5.1.5): SEND and WRITE are acknowledged again, READs read again, atomics
 * answered from the record and never executed.
 */
export function executeAgain(regions: MemoryRegions, qp: QueuePair, packet: Packet): void {
  const { responses, expectedPsn, msn } = qp.responder;
  if (packet.opcode.operation === "read") readAgain(regions, qp, packet);
  else if (packet.opcode.operation === "atomic") atomicAgain(qp, packet);
  else responses.acknowledgeAgain(psnAdd(expectedPsn, -1), msn, SYNDROME_ACK);
}

/** May the peer read this range? One of no bytes needs no key. */
export function readable(
  regions: MemoryRegions,
  qp: QueuePair,
  rkey: number,
  address: number,
  length: number,
): boolean {
  return length === 0 || regions.remote(rkey, qp, address, length, ACCESS_REMOTE_READ) !== null;
}

/** What may not be read any more is dropped: a NAK would fail a queue pair that only a ghost of a packet has reached. */
function readAgain(regions: MemoryRegions, qp: QueuePair, packet: Packet): void {
  const { responses, expectedPsn, msn } = qp.responder;
  const at = packet.offset + (packet.opcode.at.reth as number);
  const address = rethAddress(packet.bytes, at);
  const rkey = rethRkey(packet.bytes, at);
  const length = rethLength(packet.bytes, at);
  const packets = packetsOf(length, qp.mtu);
  const wasRead = packets <= READ_PACKETS_MAX && psnDiff(psnAdd(packet.psn, packets), expectedPsn) <= 0;
  if (!wasRead || (qp.settings.access & ACCESS_REMOTE_READ) === 0) return;
  if (!readable(regions, qp, rkey, address, length)) return;
  responses.cancelFrom(packet.psn);
  if (responses.makeRoom()) responses.read(packet.psn, msn, address, rkey, length, packets, true);
}

function atomicAgain(qp: QueuePair, packet: Packet): void {
  const { responses, msn } = qp.responder;
  const original = qp.responder.atomicResult(packet.psn);
  if (original === null) return;
  responses.cancelFrom(packet.psn);
  if (responses.makeRoom()) responses.atomic(packet.psn, msn, original, true);
}
