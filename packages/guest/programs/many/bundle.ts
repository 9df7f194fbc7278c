// Many connections to each peer, with one completion queue.
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

  /** Of all peers: peer p's are those from p * perPeer on. */
  readonly count: u32;

  /** @param active connections to a peer that are used at once */
  constructor(
    private readonly peers: string[],
    readonly perPeer: u32,
    active: u32,
  ) {
    const count = <u32>peers.length * perPeer;
    this.count = count;
    const pd = made<ProtectionDomain>(ProtectionDomain.allocate());
    this.cq = made<CompletionQueue>(CompletionQueue.create(4 * <u32>peers.length * active + 16));
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

  /** Null, or what went wrong. Queue pairs of one side have consecutive numbers. */
  connect(name: string): string | null {
    for (let i: u32 = 0; i < this.count; i++) {
      const status = this.qps[i].initialize();
      if (status !== 0) return `queue pair ${i}: errno ${-status}`;
      this.postReceive(i);
    }
    for (let i = 0; i < this.peers.length; i++) {
      publish(`many/${name}/${this.peers[i]}`, `${vlid()} ${this.qps[<u32>i * this.perPeer].vqpn}`);
    }
    for (let i = 0; i < this.peers.length; i++) {
      const trouble = this.connectTo(name, this.peers[i], <u32>i * this.perPeer);
      if (trouble !== null) return trouble;
    }
    publish(`many/${name}/connected`, "yes");
    for (let i = 0; i < this.peers.length; i++) {
      const other = this.peers[i];
      if (lookup(`many/${other}/connected`, PEER_WITHIN) === null) return `${other} did not connect`;
    }
    return null;
  }

  /** The connection `stride` after this one, of those to the same peer, in a circle. */
  further(index: u32, stride: u32): u32 {
    const within = index % this.perPeer;
    return index - within + ((within + stride) % this.perPeer);
  }

  private connectTo(name: string, peer: string, first: u32): string | null {
    const text = lookup(`many/${peer}/${name}`, PEER_WITHIN);
    if (text === null) return `${peer} did not come up`;
    const fields = text.split(" ");
    const options = new ConnectOptions();
    options.vlid = U32.parseInt(fields[0]);
    options.timeout = ACK_TIMEOUT;
    for (let i: u32 = 0; i < this.perPeer; i++) {
      options.vqpn = U32.parseInt(fields[1]) + i;
      const status = this.qps[first + i].connect(options);
      if (status !== 0) return `connecting queue pair ${first + i}: errno ${-status}`;
    }
    return null;
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
