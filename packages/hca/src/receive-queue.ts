import { QUEUE_CONSUMER } from "@nomad/abi";
import { limits, NomadError } from "@nomad/base";
import { Ring, recvStride } from "./ring.ts";
import type { DeviceMemory, WorkRing } from "./types.ts";
import type { RecvRequest } from "./work-request.ts";

/** Receive work requests in device memory: a queue pair's own, or shared by several. */
export class ReceiveQueue {
  readonly memory: DeviceMemory;
  readonly maxSge: number;
  /** Of the keys in it. */
  readonly pd: number;
  ring: Ring;
  /** Entries taken so far. */
  consumer = 0;

  /** @throws NomadError E_VERB when the queue is not where it may be. */
  constructor(memory: DeviceMemory, location: WorkRing, pd: number) {
    checkElements(location.maxSge);
    this.memory = memory;
    this.maxSge = location.maxSge;
    this.pd = pd;
    this.ring = new Ring(memory, location, recvStride(location.maxSge));
  }

  /** Work requests that may be taken; more than the ring has entries when its memory is spoilt. */
  get posted(): number {
    return (this.ring.producer - this.consumer) >>> 0;
  }

  /** Copies the next one; false when it is malformed. */
  load(into: RecvRequest): boolean {
    return into.load(this.ring, this.consumer, this.maxSge, this.pd);
  }

  /** The next one is taken: its entry may be used again. */
  advance(): void {
    this.consumer = (this.consumer + 1) >>> 0;
    this.storeConsumer();
  }

  storeConsumer(): void {
    this.ring.store(QUEUE_CONSUMER, this.consumer);
  }

  /** All that is posted counts as taken. */
  discard(): void {
    this.consumer = this.ring.producer;
    this.storeConsumer();
  }
}

/** @throws NomadError E_VERB */
export function checkElements(maxSge: number): void {
  if (!Number.isInteger(maxSge) || maxSge < 0 || maxSge > limits.sgesMax) {
    throw new NomadError("E_VERB", `${maxSge} elements: at most ${limits.sgesMax}`);
  }
}
