// Many connections to one peer, with one completion queue.
import { ACCESS_LOCAL_WRITE, SEND_SIGNALED } from "nomad/abi";
import { check } from "nomad/check";
import { allocate } from "nomad/memory";
import { lookup, publish } from "nomad/rendezvous";
import {
  CompletionQueue,
  ConnectOptions,
  MemoryRegion,
  ProtectionDomain,
  QueuePair,
  QueuePairOptions,
  ReceiveRequest,
  ScatterGather,
  SendRequest,
} from "nomad/verbs";
import { vlid } from "nomad/vmm";

const PEER_WITHIN: i64 = 300_000_000_000;
const MESSAGE: u32 = 64;
/** Of each queue: one message is under way, and one more may have been posted. */
const ENTRIES: u32 = 2;
/** Local ACK time-out 268 ms. */
const ACK_TIMEOUT: u32 = 16;

@final
export class Bundle {
  readonly cq: CompletionQueue;
  private readonly qps: QueuePair[] = [];
  private readonly receives: u32;
  private readonly sends: u32;
  private readonly key: u32;

  /** @param active connections that are used at once */
  constructor(
    readonly count: u32,
    active: u32,
  ) {
    const pd = made<ProtectionDomain>(ProtectionDomain.allocate());
    this.cq = made<CompletionQueue>(CompletionQueue.create(4 * active + 16));
    const bytes = 2 * count * MESSAGE;
    this.receives = allocate(bytes, 4096);
    this.sends = this.receives + count * MESSAGE;
    this.key = made<MemoryRegion>(pd.register(this.receives, bytes, ACCESS_LOCAL_WRITE)).key;
    const options = new QueuePairOptions();
    options.sendEntries = ENTRIES;
    options.receiveEntries = ENTRIES;
    for (let i: u32 = 0; i < count; i++)
      this.qps.push(made<QueuePair>(QueuePair.create(pd, this.cq, this.cq, options)));
  }

  /** Null, or what went wrong. Both sides' queue pairs have consecutive numbers. */
  connect(name: string, peer: string): string | null {
    for (let i: u32 = 0; i < this.count; i++) {
      const status = this.qps[i].initialize();
      if (status !== 0) return `queue pair ${i}: errno ${-status}`;
      this.postReceive(i);
    }
    publish(`many/${name}`, `${vlid()} ${this.qps[0].vqpn}`);
    const text = lookup(`many/${peer}`, PEER_WITHIN);
    if (text === null) return `${peer} did not come up`;
    const fields = text.split(" ");
    const options = new ConnectOptions();
    options.vlid = U32.parseInt(fields[0]);
    options.timeout = ACK_TIMEOUT;
    for (let i: u32 = 0; i < this.count; i++) {
      options.vqpn = U32.parseInt(fields[1]) + i;
      const status = this.qps[i].connect(options);
      if (status !== 0) return `connecting queue pair ${i}: errno ${-status}`;
    }
    publish(`many/${name}/connected`, "yes");
    return lookup(`many/${peer}/connected`, PEER_WITHIN) === null ? `${peer} did not connect` : null;
  }

  postReceive(index: u32): void {
    const request = new ReceiveRequest([new ScatterGather(this.receives + index * MESSAGE, MESSAGE, this.key)]);
    request.id = index;
    check(this.qps[index].postReceive(request) === 0, "a receive fits its queue");
  }

  send(index: u32, number: u32): void {
    const address = this.sends + index * MESSAGE;
    store<u32>(address, number);
    const request = new SendRequest([new ScatterGather(address, MESSAGE, this.key)]);
    request.id = index;
    request.flags = SEND_SIGNALED;
    check(this.qps[index].postSend(request) === 0, "a send fits its queue");
  }

  receivedNumber(index: u32): u32 {
    return load<u32>(this.receives + index * MESSAGE);
  }
}

function made<T>(object: T | null): T {
  check(object !== null, "the back-end gives what was asked for");
  return object!;
}
