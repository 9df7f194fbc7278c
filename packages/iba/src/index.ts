// InfiniBand's tables and arithmetic: opcodes and their headers, queue pair states, PSNs, timers, the ICRC.
export * from "./aeth.ts";
export { type DissectedBth, type DissectedField, type Dissection, dissect } from "./dissect.ts";
export { type Form, formatField } from "./dissect-fields.ts";
export { dissectionJson, dissectionText } from "./dissect-text.ts";
export { gidText, guidOf, SUBNET_PREFIX_DEFAULT, subnetGid } from "./gid.ts";
export { GLOBAL_ID_BYTES, gidOf, isMulticastGid, isMulticastLid, lidOfGid, writeGrh } from "./grh.ts";
export * from "./header.ts";
export { type Crc32, ICRC_BYTES, Icrc } from "./icrc.ts";
export { mtuBytes, packetsOf } from "./mtu.ts";
export * from "./opcode.ts";
export { emptyPacket, type Packet, type ParseError, parsePacket, payloadFits } from "./parse.ts";
export { FULL_MEMBER, PARTITION_MASK, partitionsMatch } from "./partition.ts";
export { ackTimeoutOf, type PathEnds, type PathQuery, type PathRecord, pathRecord } from "./path-record.ts";
export {
  type Direction,
  interfaceDescription,
  interfaceStatistics,
  type PacketHead,
  packetBlock,
  packetBlockBytes,
  sectionHeader,
  writePacketBlock,
} from "./pcapng.ts";
export { type Block, BlockSplitter } from "./pcapng-blocks.ts";
export { AnyCaptureReader } from "./pcapng-classic.ts";
export { type CapturedFrame, type CaptureReader, PcapngReader } from "./pcapng-reader.ts";
export { psn, psnAdd, psnDiff, psnDistance } from "./psn.ts";
export { transition, transitionFault } from "./qp-state.ts";
export { type QpStateName, qpStateNames, type Transition } from "./qp-transitions.ts";
export { ipv4Of, ROCE_HEADER_BYTES, ROCE_PORT, sourcePort, writeRoceHeader } from "./roce.ts";
export { FRAME_HEADER_BYTES, parseRoceFrame, type RoceFrame, writeRoceFrame } from "./roce-frame.ts";
export { ackTimeoutMs, RNR_RETRY_FOREVER, rnrTimerMs } from "./timer.ts";
