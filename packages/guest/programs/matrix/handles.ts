import { QPS_RTS } from "nomad/abi";
import { log } from "nomad/log";
import { AddressHandle, CompletionQueue, MemoryRegion, MemoryWindow, QueuePair, SharedReceiveQueue } from "nomad/verbs";
import { Tally } from "./tally.ts";

/** The handles of one lane: printed when it opens, and checked at its end. */
@final
export class Handles {
  private names: string = "";
  ah: AddressHandle | null = null;
  ahTarget: u32 = 0;
  srq: SharedReceiveQueue | null = null;
  window: MemoryWindow | null = null;

  constructor(
    private readonly lane: string,
    private readonly cq: CompletionQueue,
    private readonly queuePairs: QueuePair[],
    private readonly region: MemoryRegion,
  ) {}

  print(): void {
    this.names = this.describe();
    log(`${this.lane}: ${this.names}`);
  }

  check(tally: Tally): void {
    if (this.describe() !== this.names) return tally.fail(`${this.lane}: handles changed to ${this.describe()}`);
    let valid: u32 = 0;
    if (this.cq.capacity > 0) valid++;
    if (this.region.isRegistered) valid++;
    for (let i = 0; i < this.queuePairs.length; i++) if (this.queuePairs[i].state === QPS_RTS) valid++;
    const expected = 2 + this.queuePairs.length + this.count();
    valid += this.countValid();
    tally.handles += valid;
    if (valid !== expected) tally.fail(`${this.lane}: ${valid} of ${expected} handles are of use`);
  }

  /** Those that not every lane has. */
  private count(): u32 {
    return <u32>(this.ah !== null) + <u32>(this.srq !== null) + <u32>(this.window !== null);
  }

  private countValid(): u32 {
    const ah = this.ah;
    const srq = this.srq;
    const window = this.window;
    let valid: u32 = 0;
    if (ah !== null && ah.target === this.ahTarget) valid++;
    if (srq !== null && srq.posted >= 0) valid++;
    if (window !== null && window.boundBytes >= 0) valid++;
    return valid;
  }

  private describe(): string {
    let names = `cq ${this.cq.handle}, mr ${this.region.key}`;
    for (let i = 0; i < this.queuePairs.length; i++) names += `, qp ${this.queuePairs[i].vqpn}`;
    const ah = this.ah;
    const srq = this.srq;
    const window = this.window;
    if (ah !== null) names += `, ah ${ah.handle}`;
    if (srq !== null) names += `, srq ${srq.handle}`;
    // Its variant is another with each bind.
    if (window !== null) names += `, mw ${window.key >> 8}`;
    return names;
  }
}
