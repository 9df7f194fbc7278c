import { ACCESS_REMOTE_ATOMIC } from "@nomad/abi";
import { limits } from "@nomad/base";
import {
  atomicEthAddress,
  atomicEthCompare,
  atomicEthRkey,
  atomicEthSwapOrAdd,
  type Packet,
  packetsOf,
  psnAdd,
  RC_COMPARE_SWAP,
  rethAddress,
  rethLength,
  rethRkey,
} from "@nomad/iba";
import type { MemoryRegions } from "./memory-region.ts";
import { planted } from "./mutants.ts";
import type { QueuePair } from "./queue-pair.ts";
import { readable } from "./responder-again.ts";
import { ATOMIC_BYTES, READ_PACKETS_MAX } from "./work-request.ts";

/** How the responder goes on after a fetch. */
export type FetchStep = "done" | "invalid-request" | "access-error";

/** A READ is answered later, packet by packet; its key is looked up again then. */
export function executeRead(regions: MemoryRegions, qp: QueuePair, packet: Packet): FetchStep {
  const responder = qp.responder;
  const at = packet.offset + (packet.opcode.at.reth as number);
  const address = rethAddress(packet.bytes, at);
  const rkey = rethRkey(packet.bytes, at);
  const length = rethLength(packet.bytes, at);
  const packets = packetsOf(length, qp.mtu);
  if (length > limits.messageBytesMax || packets > READ_PACKETS_MAX) return "invalid-request";
  if (!readable(regions, qp, rkey, address, length)) return "access-error";
  qp.counters.rx_read_requests++;
  responder.msn = (responder.msn + 1) & 0xffffff;
  responder.expectedPsn = psnAdd(packet.psn, packets);
  responder.responses.read(packet.psn, responder.msn, address, rkey, length, packets);
  return "done";
}

/** Atomic among all that this adapter does; the guest's own atomic instructions may come between (IBV_ATOMIC_HCA). */
export function executeAtomic(regions: MemoryRegions, qp: QueuePair, packet: Packet): FetchStep {
  const responder = qp.responder;
  const at = packet.offset + (packet.opcode.at.atomicEth as number);
  const address = atomicEthAddress(packet.bytes, at);
  if (address % ATOMIC_BYTES !== 0 && !planted.skipAtomicAlignment) return "invalid-request";
  const rkey = atomicEthRkey(packet.bytes, at);
  const range = regions.remote(rkey, qp, address, ATOMIC_BYTES, ACCESS_REMOTE_ATOMIC);
  if (range === null) return "access-error";
  const { view } = range.memory;
  const target = range.base + address;
  const original = view.getBigUint64(target, true);
  const operand = atomicEthSwapOrAdd(packet.bytes, at);
  if (packet.opcode.code !== RC_COMPARE_SWAP) view.setBigUint64(target, original + operand, true);
  else if (original === atomicEthCompare(packet.bytes, at)) view.setBigUint64(target, operand, true);
  qp.counters.rx_atomic_requests++;
  responder.msn = (responder.msn + 1) & 0xffffff;
  responder.expectedPsn = psnAdd(packet.psn, 1);
  responder.recordAtomic(packet.psn, original, qp.settings.maxDestRdAtomic);
  responder.responses.atomic(packet.psn, responder.msn, original);
  return "done";
}

/** What no adapter may do: only the mutant that is named for it comes here. */
export function repeatAtomic(regions: MemoryRegions, qp: QueuePair, packet: Packet): FetchStep {
  const { expectedPsn } = qp.responder;
  const step = executeAtomic(regions, qp, packet);
  qp.responder.expectedPsn = expectedPsn;
  return step;
}
