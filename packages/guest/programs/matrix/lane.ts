// One end of a lane: a queue pair for messages in one direction, another for what the ends tell each other, and memory.
import { QPT_UD } from "nomad/abi";
import { lookup, publish } from "nomad/rendezvous";
import { ConnectOptions, Group, MemoryRegion, QueuePair, QueuePairOptions, SharedReceiveQueue } from "nomad/verbs";
import { vlid } from "nomad/vmm";
import { Address } from "./address.ts";
import { Cell } from "./cell.ts";
import { Control } from "./control.ts";
import { Device, required } from "./device.ts";
import { Handles } from "./handles.ts";

/** How long the other end may take to come up, ns. */
const PEER_WITHIN: i64 = 60_000_000_000;
/** Local ACK time-out 268 ms: with 7 retries a dead peer is noticed after about two seconds. */
const ACK_TIMEOUT: u32 = 16;
export const QKEY: u32 = 0x4d58;
/** Bytes in front of a datagram. */
const GRH: u32 = 40;

@final
export class Lane {
  readonly control: Control;
  readonly data: QueuePair;
  readonly srq: SharedReceiveQueue | null;
  /** Bytes in front of a message, and from one message's place in memory to the next one's. */
  readonly header: u32;
  readonly stride: u32;
  readonly region: MemoryRegion;
  readonly handles: Handles;
  peer: Address = new Address(0, 0, 0, 0, 0);

  /** `name` is that of the lane; `side` of this end. */
  constructor(
    device: Device,
    private readonly cell: Cell,
    private readonly name: string,
    private readonly side: string,
    private readonly otherSide: string,
  ) {
    const entries = 4 * cell.batch;
    const header: u32 = cell.type === QPT_UD ? GRH : 0;
    const stride = (header + cell.size + 64) & ~63;
    const control = new Control(device);
    const region = device.register(2 * cell.batch * stride);
    const srq = cell.shared
      ? required<SharedReceiveQueue>(SharedReceiveQueue.create(device.pd, entries), "shared receive queue")
      : null;
    const options = new QueuePairOptions();
    options.type = cell.type;
    options.sendEntries = entries;
    options.receiveEntries = entries;
    options.sharedReceiveQueue = srq;
    const data = required<QueuePair>(QueuePair.create(device.pd, device.cq, device.cq, options), "queue pair");
    const handles = new Handles(`${name} ${side}`, device.cq, [control.qp, data], region);
    handles.srq = srq;
    this.header = header;
    this.stride = stride;
    this.control = control;
    this.region = region;
    this.srq = srq;
    this.data = data;
    this.handles = handles;
  }

  slot(index: u32): u32 {
    return this.region.address + (index % (2 * this.cell.batch)) * this.stride;
  }

  get here(): Address {
    return new Address(vlid(), this.control.qp.vqpn, this.data.vqpn, this.region.address, this.region.key);
  }

  /** Puts both queue pairs where receives may be posted, and says where this end is. */
  publish(): void {
    const status =
      this.control.initialize() || (this.cell.type === QPT_UD ? this.data.openDatagrams(QKEY) : this.data.initialize());
    publish(`matrix/${this.name}/${this.side}`, status === 0 ? this.here.toText() : "");
  }

  /** Connects both queue pairs with the other end's. Null, or what went wrong. */
  connect(): string | null {
    const text = lookup(`matrix/${this.name}/${this.otherSide}`, PEER_WITHIN);
    if (text === null || text.length === 0) return `the other end of ${this.name} did not come up`;
    this.peer = Address.parse(text);
    let status = this.control.qp.connect(this.optionsTo(this.peer.control));
    if (status === 0 && this.cell.type !== QPT_UD) status = this.data.connect(this.optionsTo(this.peer.data));
    return status === 0 ? null : `connecting ${this.name} failed: errno ${-status}`;
  }

  private optionsTo(vqpn: u32): ConnectOptions {
    const options = new ConnectOptions();
    options.vlid = this.peer.vlid;
    options.vqpn = vqpn;
    options.timeout = ACK_TIMEOUT;
    return options;
  }
}

/** The multicast group of the lane that ends here: a lab has many at a time. */
export function groupOf(end: Address): Group {
  return Group.numbered(1 + ((end.data + 7 * end.vlid) % 0x3f00));
}
