import { QPS_SQD } from "@nomad/abi";
import type { Lid } from "@nomad/base";
import type { Icrc } from "@nomad/iba";
import { AddressHandles } from "./address-handle.ts";
import { Counters } from "./counters.ts";
import type { DeviceLimits } from "./device-limits.ts";
import { Gates } from "./gate.ts";
import { MemoryRegions } from "./memory-region.ts";
import { MemoryWindows } from "./memory-window.ts";
import { MulticastGroups } from "./multicast.ts";
import type { Numbering } from "./numbering.ts";
import { Port, type PortState } from "./port.ts";
import { ProtectionDomains } from "./protection-domains.ts";
import type { MemoryAccess, QueuePair } from "./queue-pair.ts";
import { Schedule } from "./schedule.ts";
import { TimerQueue } from "./timer-queue.ts";
import type { DeviceMemory, Egress, HcaEvents } from "./types.ts";

export interface ContextInit {
  readonly lid: Lid;
  readonly numbering: Numbering;
  /** Null when both ends of every link agree to leave the ICRC zero. */
  readonly icrc: Icrc | null;
  readonly egress: Egress;
  readonly events: HcaEvents;
  readonly outstandingPacketsMax: number;
  readonly limits: DeviceLimits;
  readonly portState: PortState;
}

/** There is one port, and this is its number. */
export const PORT_NUMBER = 1;

/** What the parts of one adapter share. */
export class HcaContext {
  readonly lid: Lid;
  readonly icrc: Icrc | null;
  readonly egress: Egress;
  readonly events: HcaEvents;
  /** Request packets of one queue pair that may be unacknowledged. */
  readonly outstandingPacketsMax: number;
  readonly limits: DeviceLimits;
  readonly port: Port;
  readonly pds: ProtectionDomains;
  readonly regions: MemoryRegions;
  readonly windows: MemoryWindows;
  readonly handles: AddressHandles;
  readonly groups: MulticastGroups;
  readonly schedule = new Schedule<QueuePair>();
  readonly timers = new TimerQueue<QueuePair>();
  readonly gates: Gates;
  readonly #access = new WeakMap<DeviceMemory, MemoryAccess>();
  /** What belongs to no queue pair, and what destroyed ones had counted. */
  readonly portCounters = new Counters();

  constructor(init: ContextInit) {
    const { lid, numbering, events, limits } = init;
    this.lid = lid;
    this.icrc = init.icrc;
    this.egress = init.egress;
    this.events = events;
    this.outstandingPacketsMax = init.outstandingPacketsMax;
    this.limits = limits;
    this.port = new Port(lid, init.portState, (kind) => events.asyncEvent({ kind, port: PORT_NUMBER }));
    this.pds = new ProtectionDomains(limits.maxPd);
    this.regions = new MemoryRegions(numbering, this.pds, limits.maxMr);
    this.windows = new MemoryWindows(this.regions, this.pds, limits.maxMw);
    this.handles = new AddressHandles(this.pds, this.port, limits.maxAh);
    this.groups = new MulticastGroups(limits);
    this.gates = new Gates(events);
  }

  /** Of all queue pairs whose queues are in this memory. */
  accessTo(memory: DeviceMemory): MemoryAccess {
    const access = this.#access.get(memory) ?? { closed: false };
    this.#access.set(memory, access);
    return access;
  }

  /** Nothing of the send queue is under way any more: who waits for that is told. */
  drained(qp: QueuePair): void {
    this.gates.drained(qp);
    if (qp.state !== QPS_SQD || !qp.drainEventDue) return;
    qp.drainEventDue = false;
    this.events.asyncEvent({ kind: "SQ_DRAINED", qpn: qp.qpn });
  }
}
