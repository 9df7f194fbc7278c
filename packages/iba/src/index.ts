// InfiniBand's tables and arithmetic: opcodes and their headers, queue pair states, PSNs, timers, the ICRC.
export * from "./aeth.ts";
export * from "./header.ts";
export { type Crc32, ICRC_BYTES, Icrc } from "./icrc.ts";
export { mtuBytes, packetsOf } from "./mtu.ts";
export * from "./opcode.ts";
export { emptyPacket, type Packet, type ParseError, parsePacket, payloadFits } from "./parse.ts";
export { psn, psnAdd, psnDiff, psnDistance } from "./psn.ts";
export { type QpStateName, qpStateNames, type Transition, transition, transitionFault } from "./qp-state.ts";
export { ipv4Of, ROCE_HEADER_BYTES, ROCE_PORT, sourcePort, writeRoceHeader } from "./roce.ts";
export { ackTimeoutMs, RNR_RETRY_FOREVER, rnrTimerMs } from "./timer.ts";
