import { AddressHandle, type AhAttributes } from "./address-handle.ts";
import type { Context } from "./context.ts";
import { MemoryRegion, type Range } from "./memory-region.ts";
import { MemoryWindow } from "./memory-window.ts";
import { QueuePair, type QueuePairOptions } from "./queue-pair.ts";
import { SharedReceiveQueue, type SharedReceiveQueueOptions } from "./shared-receive-queue.ts";

/** A protection domain: queue pairs in it use the regions in it, and no others. */
export class ProtectionDomain implements Disposable {
  readonly context: Context;
  readonly handle: number;
  #freed = false;

  constructor(context: Context) {
    this.context = context;
    this.handle = context.hca.allocPd();
  }

  /**
   * Registers memory of the context's heap, a buffer or a part of one; `flags` are of `access`.
   * @throws NomadError E_VERB when the range is outside of the heap, or remote write or atomic access lacks local write.
   */
  regMr(range: Range, flags: number): MemoryRegion {
    return new MemoryRegion(this, range, flags);
  }

  /** A queue pair in RESET. @throws NomadError E_VERB, E_NO_MEMORY */
  createQp(options: QueuePairOptions): QueuePair {
    return new QueuePair(this, options);
  }

  /** @throws NomadError E_VERB, E_NO_MEMORY */
  createSrq(options: SharedReceiveQueueOptions): SharedReceiveQueue {
    return new SharedReceiveQueue(this, options);
  }

  /** @throws NomadError E_VERB when an attribute is out of range. */
  createAh(attributes: AhAttributes): AddressHandle {
    return new AddressHandle(this, attributes);
  }

  /** An unbound window; type 1 opens to the whole domain, type 2 to the queue pair that binds it. */
  allocMw(type: 1 | 2): MemoryWindow {
    return new MemoryWindow(this, type);
  }

  /** @throws NomadError E_BUSY while anything is in it. */
  dealloc(): void {
    if (this.#freed || this.context.closed) return;
    this.context.hca.deallocPd(this.handle);
    this.#freed = true;
  }

  [Symbol.dispose](): void {
    this.dealloc();
  }
}
