export type {
  AsyncEvent,
  CounterName,
  Counters,
  DeviceAttributes,
  DeviceLimits,
  PortAttributes,
  SrqQuery,
} from "@nomad/hca";
export type { PathQuery, PathRecord } from "@nomad/iba";
export { type AddressHandle, type AhAttributes, type MulticastGroup, multicastGroup } from "./address-handle.ts";
export { Connection, ConnectionRejected } from "./cm/connection.ts";
export { ConnectionManager, type ConnectToOptions, type Destination } from "./cm/connection-manager.ts";
export { rejectReasons } from "./cm/layout.ts";
export { type AcceptOptions, ConnectRequest, Listener } from "./cm/listener.ts";
export { CompletionChannel } from "./completion-channel.ts";
export type { CompletionQueue, CompletionQueueOptions } from "./completion-queue.ts";
export {
  addressOf,
  type ConnectOptions,
  connectQp,
  connectToGuest,
  type GuestQp,
  type QpAddress,
  readyUd,
} from "./connect.ts";
export { Context, type ContextOptions } from "./context.ts";
export { EventQueue } from "./event-queue.ts";
export { HeapBuffer } from "./heap.ts";
export { labPort } from "./lab-port.ts";
export type { MemoryRegion, Range, RegionChange } from "./memory-region.ts";
export { incRkey, type MemoryWindow, type MwBinding } from "./memory-window.ts";
export {
  access,
  type QpType,
  qpTypes,
  type WcOpcode,
  type WcStatus,
  type WrOpcode,
  wcOpcodes,
  wcStatuses,
  wrOpcodes,
} from "./names.ts";
export { type AdapterPort, type LabNames, Port, type PortOptions } from "./port.ts";
export type { ProtectionDomain } from "./protection-domain.ts";
export type { QpAttributes, QpQuery } from "./qp-attributes.ts";
export type { QueuePair, QueuePairOptions } from "./queue-pair.ts";
export type { SharedReceiveQueue, SharedReceiveQueueOptions, SrqChange } from "./shared-receive-queue.ts";
export { type Subnet, UnmanagedSubnet } from "./subnet.ts";
export { WorkCompletion } from "./work-completion.ts";
export type { RecvWr, SendWr, Sge, UdTarget } from "./work-request.ts";
