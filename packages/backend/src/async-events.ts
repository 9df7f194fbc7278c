import {
  EVENT_COMM_EST,
  EVENT_CQ_ERR,
  EVENT_PKEY_CHANGE,
  EVENT_PORT_ACTIVE,
  EVENT_PORT_ERR,
  EVENT_QP_ACCESS_ERR,
  EVENT_QP_FATAL,
  EVENT_QP_LAST_WQE_REACHED,
  EVENT_QP_REQ_ERR,
  EVENT_SQ_DRAINED,
  EVENT_SRQ_ERR,
  EVENT_SRQ_LIMIT_REACHED,
  VMM_ASYNC_EVENTS,
} from "@nomad/abi";
import { limits } from "@nomad/base";
import type { AsyncEvent } from "@nomad/hca";
import type { Device } from "./device.ts";

/** An asynchronous event as a program is told it: EVENT_*, and the name of what it is about. */
export interface NamedEvent {
  readonly type: number;
  readonly number: number;
}

/** What programs are told. That the port got another LID or GID is none of their business: theirs stay. */
const types: Readonly<Partial<Record<AsyncEvent["kind"], number>>> = {
  CQ_ERR: EVENT_CQ_ERR,
  QP_FATAL: EVENT_QP_FATAL,
  QP_REQ_ERR: EVENT_QP_REQ_ERR,
  QP_ACCESS_ERR: EVENT_QP_ACCESS_ERR,
  COMM_EST: EVENT_COMM_EST,
  SQ_DRAINED: EVENT_SQ_DRAINED,
  QP_LAST_WQE_REACHED: EVENT_QP_LAST_WQE_REACHED,
  SRQ_ERR: EVENT_SRQ_ERR,
  SRQ_LIMIT_REACHED: EVENT_SRQ_LIMIT_REACHED,
  PORT_ACTIVE: EVENT_PORT_ACTIVE,
  PORT_ERR: EVENT_PORT_ERR,
  PKEY_CHANGE: EVENT_PKEY_CHANGE,
};

/** Events of queue pairs, completion queues and shared receive queues: the sets of numbers that they name. */
const ofQueuePairs = new Set<number>([
  EVENT_QP_FATAL,
  EVENT_QP_REQ_ERR,
  EVENT_QP_ACCESS_ERR,
  EVENT_COMM_EST,
  EVENT_SQ_DRAINED,
  EVENT_QP_LAST_WQE_REACHED,
]);
const ofCompletionQueues = new Set<number>([EVENT_CQ_ERR]);
const ofSharedQueues = new Set<number>([EVENT_SRQ_ERR, EVENT_SRQ_LIMIT_REACHED]);
const kinds = { qp: ofQueuePairs, cq: ofCompletionQueues, srq: ofSharedQueues } as const;

/** The guest's name for what the adapter's event is about; undefined when it is not about anything of this guest's. */
function nameOf(device: Device, event: AsyncEvent): number | undefined {
  if ("qpn" in event) return [...device.qps.values()].find(({ qpn }) => qpn === event.qpn)?.vqpn;
  if ("cqn" in event) return [...device.cqs.values()].find(({ cqn }) => cqn === event.cqn)?.cq;
  if ("srqn" in event) return [...device.srqs.values()].find(({ srqn }) => srqn === event.srqn)?.srq;
  return event.port;
}

/** Tells the guest, if it concerns it. When too many wait, the newest are lost. */
export function raiseEvent(device: Device, event: AsyncEvent): void {
  const type = types[event.kind];
  const number = nameOf(device, event);
  if (type === undefined || number === undefined || device.asyncEvents.length >= limits.asyncEventsPerGuestMax) return;
  device.asyncEvents.push({ type, number });
  if (!device.detached) announceEvents(device);
}

/** Tells the guest's library how many there are. */
export function announceEvents({ memory, asyncEvents }: Device): void {
  Atomics.store(memory.words, VMM_ASYNC_EVENTS >> 2, asyncEvents.length);
  Atomics.notify(memory.words, VMM_ASYNC_EVENTS >> 2);
}

/** The object is destroyed: its events that nobody has got are gone. */
export function withdrawEvents(device: Device, kind: keyof typeof kinds, number: number): void {
  device.asyncEvents = device.asyncEvents.filter((event) => !(kinds[kind].has(event.type) && event.number === number));
  announceEvents(device);
}
