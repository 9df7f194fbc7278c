import type { Lid, Random } from "@nomad/base";
import type { Icrc } from "@nomad/iba";
import { Counters } from "./counters.ts";
import { Gates } from "./gate.ts";
import { MemoryRegions } from "./memory-region.ts";
import type { QueuePair } from "./queue-pair.ts";
import { Schedule } from "./schedule.ts";
import { TimerQueue } from "./timer-queue.ts";
import type { Egress, HcaEvents } from "./types.ts";

export interface ContextInit {
  readonly lid: Lid;
  readonly random: Random;
  /** Null when both ends of every link agree to leave the ICRC zero. */
  readonly icrc: Icrc | null;
  readonly egress: Egress;
  readonly events: HcaEvents;
  readonly outstandingPacketsMax: number;
}

/** What the parts of one adapter share. */
export class HcaContext {
  readonly lid: Lid;
  readonly icrc: Icrc | null;
  readonly egress: Egress;
  readonly events: HcaEvents;
  /** Request packets of one queue pair that may be unacknowledged. */
  readonly outstandingPacketsMax: number;
  readonly regions: MemoryRegions;
  readonly schedule = new Schedule<QueuePair>();
  readonly timers = new TimerQueue<QueuePair>();
  readonly gates: Gates;
  /** What belongs to no queue pair, and what destroyed ones had counted. */
  readonly portCounters = new Counters();

  constructor(init: ContextInit) {
    this.lid = init.lid;
    this.icrc = init.icrc;
    this.egress = init.egress;
    this.events = init.events;
    this.outstandingPacketsMax = init.outstandingPacketsMax;
    this.regions = new MemoryRegions(init.random);
    this.gates = new Gates(init.events);
  }
}
