import { NomadError, type Qpn, type Random } from "@nomad/base";
import type { AsyncEvent, Counters, DeviceAttributes, Hca, HcaEvents, PortAttributes } from "@nomad/hca";
import type { PathQuery, PathRecord } from "@nomad/iba";
import { ConnectionManager } from "./cm/connection-manager.ts";
import { Gsi } from "./cm/gsi.ts";
import { CompletionChannel } from "./completion-channel.ts";
import { CompletionQueue, type CompletionQueueOptions } from "./completion-queue.ts";
import { EventQueue } from "./event-queue.ts";
import { Heap, HeapBuffer } from "./heap.ts";
import type { AdapterPort, LabNames } from "./port.ts";
import { ProtectionDomain } from "./protection-domain.ts";
import type { QueuePair } from "./queue-pair.ts";

const heapBytesDefault = 64 * 1024 * 1024;

export interface ContextOptions {
  readonly name: string;
  /** Of the connection manager's numbers. */
  readonly random: Random;
  /** Makes the port, whose adapter tells what happens to `events`. */
  readonly makePort: (events: HcaEvents) => AdapterPort;
  /** Size of the memory that the adapter can reach: queues and buffers. Default 64 MiB. */
  readonly heapBytes?: number;
}

/** An open device: an adapter with one port, and memory that it can reach. What is made of it ends with it. */
export class Context implements Disposable {
  readonly name: string;
  /** Ways by which completion events come. */
  readonly numCompVectors = 1;
  readonly port: AdapterPort;
  readonly heap: Heap;
  /** What happens to queue pairs, queues and the port, aside from completions. */
  readonly asyncEvents = new EventQueue<AsyncEvent>();
  readonly #channels = new Set<CompletionChannel>();
  readonly #queues = new Map<number, CompletionQueue>();
  readonly #queuePairs = new Map<number, QueuePair>();
  readonly #random: Random;
  #cm: ConnectionManager | null = null;
  #nextUserIndex = 1;
  #closed = false;

  constructor(options: ContextOptions) {
    this.name = options.name;
    this.#random = options.random;
    this.heap = new Heap(options.heapBytes ?? heapBytesDefault);
    this.port = options.makePort(this.#events());
    this.port.names?.open(this.heap.memory);
  }

  /**
   * The lab's names: guests know this program by the LID of its port.
   * @throws NomadError E_STATE outside of a lab
   */
  get names(): LabNames {
    if (this.port.names === null) throw new NomadError("E_STATE", `${this.name} is in no lab, where guests have names`);
    return this.port.names;
  }

  /** The port's address on the fabric. */
  get lid(): number {
    return this.port.lid;
  }

  get hca(): Hca {
    return this.port.hca;
  }

  /** Connects queue pairs with those of other ports, over QP1. Made when first asked for. */
  get cm(): ConnectionManager {
    this.#cm ??= this.#makeCm();
    return this.#cm;
  }

  #makeCm(): ConnectionManager {
    const gsi = new Gsi(this, (slid, mad) => cm.receive(slid, mad));
    const send = (lid: number, mad: Uint8Array) => gsi.send(lid, mad);
    const { clock, subnet } = this.port;
    const pkeyIndex = (pkey: number) => this.hca.pkeyIndex(pkey);
    const cm = new ConnectionManager({ lid: this.lid, clock, random: this.#random, send, subnet, pkeyIndex });
    return cm;
  }

  /** Zeroed memory within the adapter's reach. @throws NomadError E_NO_MEMORY */
  alloc(bytes: number): HeapBuffer {
    return new HeapBuffer(this.heap, bytes);
  }

  allocPd(): ProtectionDomain {
    return new ProtectionDomain(this);
  }

  /** @throws NomadError E_VERB when there are too many entries, E_NO_MEMORY */
  createCq(options: CompletionQueueOptions): CompletionQueue {
    const cq = new CompletionQueue(this, options);
    this.#queues.set(cq.cqn, cq);
    return cq;
  }

  createCompletionChannel(): CompletionChannel {
    const channel = new CompletionChannel(this);
    this.#channels.add(channel);
    return channel;
  }

  queryDevice(): DeviceAttributes {
    return this.hca.queryDevice();
  }

  /** Of its one port. */
  queryPort(): PortAttributes {
    return this.hca.queryPort();
  }

  /** Counters of the port: of all queue pairs that are or were, and of packets that belong to none. */
  queryCounters(): Counters {
    return this.hca.counters;
  }

  /** The port's global identifier at an index of its table, 16 bytes. @throws NomadError E_VERB */
  queryGid(index: number): Uint8Array {
    return this.hca.queryGid(index);
  }

  /** The P_Key at an index of the port's table; 0 for none. @throws NomadError E_VERB */
  queryPkey(index: number): number {
    return this.hca.queryPkey(index);
  }

  /**
   * The way to a port, by its LID or a global identifier of it, in a partition or in any: asked of subnet administration.
   * Rejects with E_UNREACHABLE when there is none, with E_TIMEOUT when nobody answers.
   */
  queryPath(query: PathQuery): Promise<PathRecord> {
    return this.port.subnet.queryPath(query);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Closes the port at once: peers find that nobody answers. Whoever waits for completions is told that there are none. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.port.close();
    this.#cm?.close();
    for (const cq of this.#queues.values()) cq.abandon();
    for (const channel of this.#channels) channel.wake();
    this.asyncEvents.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // --- for the objects of this context ---

  /** @internal */
  completionQueue(cqn: number): CompletionQueue | null {
    return this.#queues.get(cqn) ?? null;
  }

  /** @internal */
  forgetCq(cq: CompletionQueue): void {
    this.#queues.delete(cq.cqn);
  }

  /** A number for the completions of a queue pair that is about to be made. @internal */
  takeUserIndex(): number {
    return this.#nextUserIndex++;
  }

  /** @internal */
  adoptQp(userIndex: number, qp: QueuePair): void {
    this.#queuePairs.set(userIndex, qp);
  }

  /** @internal */
  forgetQp(userIndex: number): void {
    this.#queuePairs.delete(userIndex);
  }

  /** @internal */
  queuePair(userIndex: number): QueuePair | undefined {
    return this.#queuePairs.get(userIndex);
  }

  /** By the number that the program knows a queue pair by. */
  #named(event: AsyncEvent): AsyncEvent {
    if (!("qpn" in event)) return event;
    const qp = [...this.#queuePairs.values()].find(({ number }) => number === event.qpn);
    return qp ? { ...event, qpn: qp.qpn as Qpn } : event;
  }

  #events(): HcaEvents {
    return {
      translate: () => "failed",
      completionEvent: (cqn) => this.#queues.get(cqn)?.completionEvent(),
      asyncEvent: (event) => this.asyncEvents.push(this.#named(event)),
      drained: () => {},
    };
  }
}
