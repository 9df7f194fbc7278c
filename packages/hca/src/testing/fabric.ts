import { assert, type Lid, limits, Random } from "@nomad/base";
import { type Crc32, isMulticastLid } from "@nomad/iba";
import type { DeviceLimits } from "../device-limits.ts";
import { Hca } from "../hca.ts";
import type { Names } from "../numbering.ts";
import type { AsyncEvent, DeviceMemory, Egress, HcaEvents, PacketSlot } from "../types.ts";

/** What becomes of packets between adapters. */
export interface Faults {
  readonly drop?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  readonly corrupt?: number;
}

export interface FabricOptions {
  readonly seed?: number;
  readonly crc32: Crc32;
  readonly icrc?: boolean;
  readonly outstandingPacketsMax?: number;
  readonly linkPackets?: number;
  /** What the adapters have room for. */
  readonly limits?: Partial<DeviceLimits>;
  readonly names?: Names;
}

interface Flight {
  readonly at: number;
  readonly order: number;
  readonly from: Lid;
  readonly to: Lid;
  /** `to`, or the group that it is a member of. */
  readonly dlid: Lid;
  readonly bytes: Uint8Array;
}

/** How a packet between adapters is judged by a test: false drops it. */
export type Filter = (packet: Uint8Array, from: Lid, to: Lid) => boolean;

/** What an adapter has told its owner. */
export class EventLog implements HcaEvents {
  readonly async: AsyncEvent[] = [];
  readonly completions: number[] = [];
  readonly drainedHolders: string[] = [];
  /** What the owner answers; set it to see work requests handed back. */
  onTranslate: HcaEvents["translate"] = () => "failed";

  /** Without it, programs are told the adapter's own names. */
  datagramSource?: NonNullable<HcaEvents["datagramSource"]>;

  translate(...request: Parameters<HcaEvents["translate"]>): ReturnType<HcaEvents["translate"]> {
    return this.onTranslate(...request);
  }

  completionEvent(cqn: number): void {
    this.completions.push(cqn);
  }

  asyncEvent(event: AsyncEvent): void {
    this.async.push(event);
  }

  drained(holder: string): void {
    this.drainedHolders.push(holder);
  }
}

/** An adapter of the fabric, and what it has told. */
export interface FabricAdapter {
  readonly lid: Lid;
  readonly hca: Hca;
  readonly events: EventLog;
}

const LATENCY_MS = 0.01;
/** Packets start here in the frame, so that nothing can depend on their starting at 0. */
const SLOT_OFFSET = 12;

/** Adapters, and pipes between them with a virtual clock and seeded faults. Nothing happens until `settle`. */
export class Fabric {
  now = 0;
  faults: Faults = {};
  filter: Filter = () => true;
  /** Packets that a link from one adapter to another may hold. */
  linkPackets: number;
  readonly random: Random;
  readonly #options: FabricOptions;
  readonly #adapters = new Map<Lid, FabricAdapter>();
  readonly #flights: Flight[] = [];
  readonly #held = new Map<string, number>();
  #order = 0;

  constructor(options: FabricOptions) {
    this.#options = options;
    this.random = new Random(options.seed ?? 1);
    this.linkPackets = options.linkPackets ?? Infinity;
  }

  add(lid: number): FabricAdapter {
    const events = new EventLog();
    const hca = new Hca({
      lid: lid as Lid,
      random: new Random(this.random.uint32()),
      crc32: this.#options.crc32,
      icrc: this.#options.icrc ?? true,
      egress: this.#egress(lid as Lid),
      events,
      ...(this.#options.names && { names: this.#options.names }),
      ...(this.#options.limits && { limits: this.#options.limits }),
      ...(this.#options.outstandingPacketsMax && { outstandingPacketsMax: this.#options.outstandingPacketsMax }),
    });
    const adapter = { lid: lid as Lid, hca, events };
    this.#adapters.set(adapter.lid, adapter);
    return adapter;
  }

  /** Lets everything happen that will within `ms`: until nothing is under way and no timer runs, or the time is over. */
  settle(ms = 60_000): void {
    const end = this.now + ms;
    for (;;) {
      for (const { hca } of this.#adapters.values()) while (hca.run(this.now, 64));
      const next = this.#nextAt();
      if (next === null || next > end) break;
      this.now = Math.max(this.now, next);
      this.#deliverDue();
      for (const { hca } of this.#adapters.values()) hca.tick(this.now);
    }
    if (this.#nextAt() !== null) this.now = end;
  }

  #nextAt(): number | null {
    const times = [...this.#adapters.values()].map(({ hca }) => hca.deadline()).filter((at) => at !== null);
    const flight = this.#flights[0];
    if (flight !== undefined) times.push(flight.at);
    return times.length === 0 ? null : Math.min(...times);
  }

  #deliverDue(): void {
    for (let flight = this.#flights[0]; flight !== undefined && flight.at <= this.now; flight = this.#flights[0]) {
      this.#flights.shift();
      this.#release(flight.from, flight.to);
      const target = this.#adapters.get(flight.to);
      const length = flight.bytes.length - SLOT_OFFSET;
      target?.hca.receive(flight.bytes, SLOT_OFFSET, length, flight.from, this.now, flight.dlid);
    }
  }

  #egress(from: Lid): Egress {
    const bytes = new Uint8Array(SLOT_OFFSET + limits.packetBytesMax);
    const slot: PacketSlot = { bytes, view: new DataView(bytes.buffer), offset: SLOT_OFFSET };
    let to: Lid | null = null;
    return {
      reserve: (dlid, wanted) => {
        assert(wanted <= limits.packetBytesMax, "a packet is no larger than the largest");
        if (this.#heldOn(from, dlid) >= this.linkPackets) return null;
        to = dlid;
        return slot;
      },
      commit: (length) => {
        assert(to !== null, "a packet is committed after it was reserved");
        this.#carry(from, to, bytes.subarray(0, SLOT_OFFSET + length));
        to = null;
      },
    };
  }

  /** A group's packets go to every other port: the adapters know who is a member. */
  #carry(from: Lid, dlid: Lid, bytes: Uint8Array): void {
    const others = () => [...this.#adapters.keys()].filter((lid) => lid !== from);
    for (const to of isMulticastLid(dlid) ? others() : [dlid]) this.#carryTo(from, to, dlid, bytes.slice());
  }

  #carryTo(from: Lid, to: Lid, dlid: Lid, bytes: Uint8Array): void {
    const { drop = 0, duplicate = 0, reorder = 0, corrupt = 0 } = this.faults;
    if (!this.filter(bytes.subarray(SLOT_OFFSET), from, to) || this.random.chance(drop)) return;
    if (this.random.chance(corrupt)) this.#corrupt(bytes);
    const delay = this.random.chance(reorder) ? LATENCY_MS * this.random.between(2, 9) : LATENCY_MS;
    this.#launch(from, to, dlid, bytes, delay);
    if (this.random.chance(duplicate))
      this.#launch(from, to, dlid, bytes.slice(), LATENCY_MS * this.random.between(1, 99));
  }

  #launch(from: Lid, to: Lid, dlid: Lid, bytes: Uint8Array, delay: number): void {
    const flight = { at: this.now + delay, order: this.#order++, from, to, dlid, bytes };
    const later = this.#flights.findIndex((other) => other.at > flight.at);
    if (later < 0) this.#flights.push(flight);
    else this.#flights.splice(later, 0, flight);
    this.#held.set(`${from}>${to}`, this.#heldOn(from, to) + 1);
  }

  #release(from: Lid, to: Lid): void {
    this.#held.set(`${from}>${to}`, this.#heldOn(from, to) - 1);
    this.#adapters.get(from)?.hca.transmitReady(to);
  }

  #heldOn(from: Lid, to: Lid): number {
    return this.#held.get(`${from}>${to}`) ?? 0;
  }

  #corrupt(bytes: Uint8Array): void {
    const at = this.random.between(SLOT_OFFSET, bytes.length - 1);
    bytes[at] = (bytes[at] as number) ^ (1 << this.random.between(0, 7));
  }
}

/** Memory of a device, shared between threads as a guest's is. */
export function sharedMemory(bytes: number): DeviceMemory {
  const buffer = new SharedArrayBuffer(bytes);
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), words: new Int32Array(buffer) };
}
