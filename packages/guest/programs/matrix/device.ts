// What all lanes of a guest share.
import {
  ACCESS_LOCAL_WRITE,
  ACCESS_MW_BIND,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
} from "nomad/abi";
import { check } from "nomad/check";
import { allocate } from "nomad/memory";
import { CompletionChannel, CompletionQueue, MemoryRegion, ProtectionDomain } from "nomad/verbs";

const COMPLETIONS: u32 = 256;

@final
export class Device {
  readonly pd: ProtectionDomain = required<ProtectionDomain>(ProtectionDomain.allocate(), "protection domain");
  private readonly channel: CompletionChannel;
  readonly cq: CompletionQueue;

  constructor() {
    const channel = new CompletionChannel();
    this.channel = channel;
    this.cq = required<CompletionQueue>(channel.createQueue(COMPLETIONS), "completion queue");
  }

  /** Memory of its own, open to whatever a peer may do. */
  register(bytes: u32): MemoryRegion {
    const access = ACCESS_LOCAL_WRITE | ACCESS_REMOTE_WRITE | ACCESS_REMOTE_READ | ACCESS_REMOTE_ATOMIC;
    const region = this.pd.register(allocate(bytes, 4096), bytes, access | ACCESS_MW_BIND);
    return required<MemoryRegion>(region, "memory region");
  }

  /** Until there may be a completion, at most `timeout` nanoseconds. */
  sleep(timeout: i64): void {
    this.cq.requestNotify();
    if (this.cq.isEmpty) this.channel.getEvent(timeout);
  }
}

export function required<T>(made: T | null, what: string): T {
  check(made !== null, `the back-end gave no ${what}`);
  return made!;
}
