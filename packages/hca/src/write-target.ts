import { ACCESS_REMOTE_WRITE } from "@nomad/abi";
import { type Packet, rethAddress, rethLength, rethRkey } from "@nomad/iba";
import type { MemoryRegions } from "./memory-region.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { ResponderState } from "./responder-state.ts";

/** An RDMA WRITE begins: where it goes is in its first packet. */
export function openWrite(responder: ResponderState, packet: Packet): void {
  const at = packet.offset + (packet.opcode.at.reth as number);
  responder.writeAddress = rethAddress(packet.bytes, at);
  responder.writeRkey = rethRkey(packet.bytes, at);
  responder.writeLength = rethLength(packet.bytes, at);
  responder.writeRange = null;
  responder.writeGeneration = -1;
}

/**
 * Does its rkey open the whole range? Looked up with the first packet, and again when a key has been lost since. One of no
 * bytes needs no key.
 */
export function findWriteTarget(regions: MemoryRegions, qp: QueuePair): boolean {
  const { responder } = qp;
  if (responder.writeLength === 0 || responder.writeGeneration === regions.generation) return true;
  const { writeRkey, writeAddress, writeLength } = responder;
  responder.writeGeneration = regions.generation;
  responder.writeRange = regions.remote(writeRkey, qp, writeAddress, writeLength, ACCESS_REMOTE_WRITE);
  return responder.writeRange !== null;
}
