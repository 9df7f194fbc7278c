export { Fabric, type FabricEvents } from "./fabric.ts";
export {
  everything,
  type Fate,
  type FaultRule,
  FaultRules,
  type Handling,
  isBetween,
  type RuledQp,
  type Subject,
  suffer,
} from "./fault.ts";
export { FaultBook, type FaultHits, type StandingFault } from "./fault-book.ts";
export { FaultyLink, type FaultyLinkOptions } from "./faulty-link.ts";
export { FramePool, type FrameSlot, FrameWriter, forEachPacket, isMulticast } from "./frame.ts";
export { type Agreement, handshakeBytesMax, Initiator, nonceBytes, Responder } from "./handshake.ts";
export {
  type ConnectionKind,
  connectionKinds,
  type Hello,
  helloSchema,
  type Introduction,
  messageBytesMax,
} from "./hello.ts";
export type { Link, LinkCounters, LinkOptions, LinkState } from "./link.ts";
export { type MemoryLinkOptions, type MemoryLinkPair, memoryLinkPair, type Scheduler } from "./memory-link.ts";
export { AuthenticatedSocket } from "./shell/authenticated-socket.ts";
export { type ConnectOptions, connect } from "./shell/connect.ts";
export { ReconnectingSocket, type ReconnectingSocketOptions } from "./shell/reconnecting-socket.ts";
export { type ListenOptions, listen, type SocketServer } from "./shell/socket-server.ts";
export { AcceptedLink, DialedLink, type DialedLinkOptions } from "./shell/websocket-link.ts";
export type { PacketTap } from "./tap.ts";
export { certificateError, schemeOf, type TlsIdentity } from "./tls.ts";
