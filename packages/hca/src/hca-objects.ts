import { type Lid, type LKey, NomadError, type RKey } from "@nomad/base";
import type { AddressHandle } from "./address-handle.ts";
import { CompletionChannel } from "./completion-channel.ts";
import { CompletionQueue } from "./completion-queue.ts";
import { Completions } from "./completions.ts";
import { type ContextInit, HcaContext, PORT_NUMBER } from "./context.ts";
import { type CounterName, Counters } from "./counters.ts";
import { checkRoom, type DeviceAttributes, deviceCapabilities } from "./device-limits.ts";
import type { RegionChange, RegionInit } from "./memory-region.ts";
import type { PortAttributes, PortState } from "./port.ts";
import { SharedReceiveQueue, type SrqChange } from "./shared-receive-queue.ts";
import type { AhInit, CqInit, MemoryRegion, MemoryWindow, MwType, RingLocation, SrqInit, SrqQuery } from "./types.ts";

/**
 * The control path of everything but queue pairs. Each method throws NomadError: E_VERB for a wrong argument, E_BUSY for what
 * is in use, E_TOO_LARGE when the adapter has no room.
 */
export class HcaObjects {
  protected readonly context: HcaContext;
  protected readonly completions: Completions;
  readonly #cqs = new Map<number, CompletionQueue>();
  readonly #channels = new Set<CompletionChannel>();
  readonly #srqs = new Map<number, SharedReceiveQueue>();
  #nextCqn = 1;
  #nextSrqn = 1;

  constructor(init: ContextInit) {
    this.context = new HcaContext(init);
    this.completions = new Completions(this.context);
  }

  // --- protection domains, memory regions, memory windows ---

  allocPd(): number {
    return this.context.pds.alloc();
  }

  deallocPd(pd: number): void {
    this.context.pds.dealloc(pd);
  }

  registerMemory(region: RegionInit): MemoryRegion {
    return this.context.regions.register(region);
  }

  /** Changes domain, range or access of a region, which keeps its keys (ibv_rereg_mr). */
  reregisterMemory(lkey: LKey, change: RegionChange): MemoryRegion {
    return this.context.regions.reregister(lkey, change);
  }

  /** Both keys of the region open nothing from here on. E_BUSY while windows are bound to it. */
  deregisterMemory(lkey: LKey): void {
    this.context.regions.deregister(lkey);
  }

  /** An unbound window; work requests bind it (WR_BIND_MW), and its rkey is then the one that they give. */
  allocMw(pd: number, type: MwType): MemoryWindow {
    return this.context.windows.alloc(pd, type);
  }

  /** Unbinds it, too. `rkey` is the one that it has now. */
  deallocMw(rkey: RKey): void {
    this.context.windows.dealloc(rkey);
  }

  queryMw(rkey: RKey): MemoryWindow {
    return this.context.windows.query(rkey);
  }

  /** The window with this key, or one that has bound it to another since; null when there is none. */
  findMw(rkey: RKey): MemoryWindow | null {
    return this.context.windows.find(rkey);
  }

  // --- address handles ---

  createAh(init: AhInit): number {
    return this.context.handles.create(init);
  }

  destroyAh(ah: number): void {
    this.context.handles.destroy(ah);
  }

  queryAh(ah: number): Readonly<AddressHandle> {
    return { ...this.context.handles.query(ah) };
  }

  /** The target is elsewhere now; what is left out stays as it is. */
  retargetAh(ah: number, target: { readonly dlid?: Lid; readonly remoteEpoch?: number }): void {
    Object.assign(this.context.handles.query(ah), target);
  }

  // --- completion queues and channels ---

  createCompletionChannel(): CompletionChannel {
    const channel = new CompletionChannel();
    this.#channels.add(channel);
    return channel;
  }

  /** E_BUSY while completion queues are on it. */
  destroyCompletionChannel(channel: CompletionChannel): void {
    if (channel.queues > 0) throw new NomadError("E_BUSY", `${channel.queues} completion queues are on the channel`);
    if (!this.#channels.delete(channel)) throw new NomadError("E_VERB", "the channel is not one of this adapter");
  }

  /** A completion queue in device memory; it goes on where its record stands. Returns its CQN. */
  createCq(init: CqInit): number {
    checkRoom(this.#cqs.size, this.context.limits.maxCq, "completion queues");
    if (init.channel !== undefined && !this.#channels.has(init.channel)) {
      throw new NomadError("E_VERB", "the channel is not one of this adapter");
    }
    const cqn = this.#nextCqn;
    this.#cqs.set(cqn, new CompletionQueue(cqn, init));
    this.#nextCqn++;
    init.channel?.join(cqn);
    return cqn;
  }

  /** It goes on where its record stands now: what it was made in had not come yet. */
  reloadCq(cqn: number): void {
    this.cq(cqn).reload();
  }

  /** Moves the queue, with what is not polled, to another ring and record. E_VERB when that does not fit. */
  resizeCq(cqn: number, location: RingLocation): void {
    this.cq(cqn).resize(location);
  }

  queryCq(cqn: number): {
    readonly entries: number;
    readonly overrun: boolean;
    readonly channel: CompletionChannel | null;
  } {
    const { entries, overrun, channel } = this.cq(cqn);
    return { entries, overrun, channel };
  }

  /** E_BUSY while queue pairs complete in it, or events of it are not acknowledged. */
  destroyCq(cqn: number): void {
    const cq = this.cq(cqn);
    if (this.completions.inUse(cq)) throw new NomadError("E_BUSY", `queue pairs complete in completion queue ${cqn}`);
    cq.channel?.leave(cqn);
    this.completions.forget(cq);
    this.#cqs.delete(cqn);
  }

  // --- shared receive queues ---

  /** A receive queue for several queue pairs; it goes on where its record stands. Returns its number. */
  createSrq(init: SrqInit): number {
    checkRoom(this.#srqs.size, this.context.limits.maxSrq, "shared receive queues");
    const srqn = this.#nextSrqn;
    const { events } = this.context;
    const srq = new SharedReceiveQueue(srqn, init, () => events.asyncEvent({ kind: "SRQ_LIMIT_REACHED", srqn }));
    this.context.pds.refer(init.pd, 1);
    this.#srqs.set(srqn, srq);
    this.#nextSrqn++;
    return srqn;
  }

  /** It goes on where its record stands now: what it was made in had not come yet. */
  reloadSrq(srqn: number): void {
    this.srq(srqn).reload();
  }

  /** Sets the limit that is told once when fewer are posted (at once, when that is so now), or moves to another ring. */
  modifySrq(srqn: number, change: SrqChange): void {
    this.srq(srqn).modify(change);
  }

  querySrq(srqn: number): SrqQuery {
    return this.srq(srqn).query();
  }

  /** E_BUSY while queue pairs take from it. */
  destroySrq(srqn: number): void {
    const srq = this.srq(srqn);
    if (srq.references > 0) {
      throw new NomadError("E_BUSY", `${srq.references} queue pairs take from shared receive queue ${srqn}`);
    }
    this.context.pds.refer(srq.pd, -1);
    this.#srqs.delete(srqn);
  }

  // --- the device and its port ---

  queryDevice(): DeviceAttributes {
    return { ...this.context.limits, ...deviceCapabilities };
  }

  /** The attributes of port 1. */
  queryPort(port: number = PORT_NUMBER): PortAttributes {
    if (port !== PORT_NUMBER) throw new NomadError("E_VERB", `no port ${port}`);
    return this.context.port.attributes(this.countOf("bad_pkey_cntr"), this.countOf("qkey_viol_cntr"));
  }

  queryPkey(index: number): number {
    return inTable(this.context.port.pkeys, index, "partition");
  }

  /** The first index at which a partition is, 0 when it is nowhere: ibv_get_pkey_index(3), for either kind of member. */
  pkeyIndex(pkey: number): number {
    return this.context.port.pkeyIndex(pkey);
  }

  queryGid(index: number): Uint8Array {
    return inTable(this.context.port.gids, index, "global identifier").slice();
  }

  /** What a subnet manager assigns. Queue pairs follow by their index. */
  setPkeys(pkeys: readonly number[]): void {
    this.context.port.setPkeys(pkeys);
  }

  setGids(gids: readonly Uint8Array[]): void {
    this.context.port.setGids(gids);
  }

  /** A port that is not active drops what comes and what is sent. */
  setPortState(state: PortState): void {
    this.context.port.setState(state);
  }

  /** Another subnet manager has taken over: SM_CHANGE and CLIENT_REREGISTER. */
  subnetManagerChanged(): void {
    this.context.port.managerChanged();
  }

  /** Of the port: what belongs to no queue pair, and what destroyed ones had counted. A new object. */
  get counters(): Counters {
    const sum = new Counters();
    sum.add(this.context.portCounters);
    return sum;
  }

  /** One of them alone: with many queue pairs the sum of all is dear. */
  countOf(name: CounterName): number {
    return this.context.portCounters[name];
  }

  protected cq(cqn: number): CompletionQueue {
    const cq = this.#cqs.get(cqn);
    if (cq === undefined) throw new NomadError("E_VERB", `no completion queue ${cqn}`);
    return cq;
  }

  protected srq(srqn: number): SharedReceiveQueue {
    const srq = this.#srqs.get(srqn);
    if (srq === undefined) throw new NomadError("E_VERB", `no shared receive queue ${srqn}`);
    return srq;
  }
}

function inTable<T>(table: readonly T[], index: number, what: string): T {
  const entry = table[index];
  if (entry === undefined) throw new NomadError("E_VERB", `no ${what} is at index ${index} of the port's table`);
  return entry;
}
