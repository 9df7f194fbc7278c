// The user-level verbs library, under libibverbs' ideas and names. Whatever it gives a program (keys, queue pair numbers,
// handles) keeps its value and its meaning however often the guest moves.
import { AddressHandle } from "./address-handle.ts";
import { CompletionQueue, WorkCompletion } from "./completion-queue.ts";
import { Group } from "./multicast.ts";
import { MemoryRegion, ProtectionDomain } from "./protection-domain.ts";
import { ConnectOptions, QueuePairOptions } from "./qp-attributes.ts";
import { QueuePair } from "./queue-pair.ts";
import { statusName } from "./status.ts";
import { ReceiveRequest, ScatterGather, SendRequest } from "./work-request.ts";

export {
  AddressHandle,
  CompletionQueue,
  ConnectOptions,
  Group,
  MemoryRegion,
  ProtectionDomain,
  QueuePair,
  QueuePairOptions,
  ReceiveRequest,
  ScatterGather,
  SendRequest,
  statusName,
  WorkCompletion,
};
