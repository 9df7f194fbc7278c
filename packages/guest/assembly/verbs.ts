// The user-level verbs library, under libibverbs' ideas and names. Whatever it gives a program (keys, queue pair numbers,
// handles) keeps its value and its meaning however often the guest moves.
import { AddressHandle } from "./address-handle.ts";
import { AsyncEvent, getAsyncEvent } from "./async-events.ts";
import { CompletionChannel } from "./completion-channel.ts";
import { CompletionQueue, WorkCompletion } from "./completion-queue.ts";
import { MemoryWindow } from "./memory-window.ts";
import { Group } from "./multicast.ts";
import { MemoryRegion, ProtectionDomain } from "./protection-domain.ts";
import { ConnectOptions, QueuePairOptions } from "./qp-attributes.ts";
import { QueuePair } from "./queue-pair.ts";
import { SharedReceiveQueue } from "./shared-receive-queue.ts";
import { statusName } from "./status.ts";
import { ReceiveRequest, ScatterGather, SendRequest } from "./work-request.ts";

export {
  AddressHandle,
  AsyncEvent,
  CompletionChannel,
  CompletionQueue,
  ConnectOptions,
  Group,
  getAsyncEvent,
  MemoryRegion,
  MemoryWindow,
  ProtectionDomain,
  QueuePair,
  QueuePairOptions,
  ReceiveRequest,
  ScatterGather,
  SendRequest,
  SharedReceiveQueue,
  statusName,
  WorkCompletion,
};
