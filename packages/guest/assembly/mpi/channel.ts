// The connection to one other rank: receives posted in advance, credits for those of the peer, and what waits for a
// credit, in order.
import { SEND_INLINE, SEND_SIGNALED, SEND_SOLICITED, WR_RDMA_READ, WR_SEND } from "../abi.ts";
import { check } from "../check.ts";
import { RemoteKey, usePhysicalNames } from "../driver.ts";
import { allocate } from "../memory.ts";
import { QueuePair, ReceiveRequest, ScatterGather, SendRequest } from "../verbs.ts";
import { SendSlots } from "./buffers.ts";
import { HEADER_BYTES, KIND_CREDIT, PACKET_BYTES_MAX, Packet } from "./packet.ts";
import { Request } from "./request.ts";

/** Receives posted for all peers together, and for each at least. */
const RECEIVES: u32 = 64;
const RECEIVES_MIN: u32 = 8;
const RECEIVES_MAX: u32 = 32;
export const SEND_ENTRIES: u32 = 64;

/** The last credit, and the last place in the send queue, are for returning credits: else two ranks could starve. */
const RESERVED: u32 = 1;
/** Receives posted for each peer, in a job of so many ranks: the credits it begins with. */
export function receivesFor(ranks: i32): u32 {
  return max(RECEIVES_MIN, min(RECEIVES_MAX, RECEIVES / max<u32>(1, ranks - 1)));
}

/** What a completion is of: the low byte of its work request's id; then a rank, and a slot or a request. */
export const OF_RECEIVE: u32 = 1;
export const OF_DATA: u32 = 2;
export const OF_CONTROL: u32 = 3;
export const OF_READ: u32 = 4;

export function workId(what: u32, rank: i32, number: u32): u64 {
  return ((<u64>number) << 32) | ((<u64>rank) << 8) | what;
}

/** Something to be posted: a packet, its data if it is eager, or an RDMA READ. */
@final
export class Outgoing {
  kind: u32 = 0;
  isRead: bool = false;
  context: u32 = 0;
  tag: i32 = 0;
  bytes: u32 = 0;
  request: u32 = 0;
  /** Of the data: ours, and with a READ the peer's. */
  address: u32 = 0;
  remoteAddress: u32 = 0;
  key: u32 = 0;
  /** A send that has ended once its data has been copied into a packet. */
  completes: Request | null = null;
  /** Bytes of data that go with the header. */
  payload: u32 = 0;
}

@final
export class Channel {
  private credits: u32;
  private owed: u32 = 0;
  /** Work requests that have not completed. */
  private outstanding: u32 = 0;
  private readonly waiting: Outgoing[] = [];
  /** Credits go back by a packet of their own when so many have gathered and no other packet took them. */
  private readonly returnAt: u32;
  private readonly receives: u32;
  private readonly receiveElement: ScatterGather;
  private readonly receiveRequest: ReceiveRequest;
  private readonly element: ScatterGather;
  private readonly request: SendRequest;
  /** A header that is copied into its work request. */
  private readonly control: u32 = allocate(HEADER_BYTES);
  /** With the adapter's own names: the peer's key, once a READ has wanted it. */
  private pinned: RemoteKey | null = null;
  private isPhysical: bool = false;

  constructor(
    readonly rank: i32,
    readonly qp: QueuePair,
    private readonly slots: SendSlots,
    readonly key: u32,
    receiveCount: u32,
  ) {
    this.credits = receiveCount;
    this.returnAt = receiveCount / 2;
    this.receives = allocate(receiveCount * PACKET_BYTES_MAX);
    const receiveElement = new ScatterGather(0, PACKET_BYTES_MAX, key);
    this.receiveElement = receiveElement;
    this.receiveRequest = new ReceiveRequest([receiveElement]);
    const element = new ScatterGather(0, 0, key);
    this.element = element;
    this.request = new SendRequest([element]);
    for (let slot: u32 = 0; slot < receiveCount; slot++) this.postReceive(slot);
  }

  /** Work requests that are posted from now on name our memory by `key`; `physical`: it, and the peer's, is the adapter's. */
  nameMemory(key: u32, physical: bool): void {
    this.element.key = key;
    this.receiveElement.key = key;
    this.isPhysical = physical;
    this.pinned = null;
  }

  /** Posts it, or keeps it until that is possible. */
  send(out: Outgoing): void {
    if (this.hasWaiting || !this.post(out)) this.waiting.push(out);
  }

  /** Posts what is possible of what waits, and returns credits when there are many. */
  flush(): void {
    while (this.hasWaiting && this.post(this.waiting[0])) this.waiting.shift();
    if (this.owed >= this.returnAt && this.credits > 0 && this.outstanding < SEND_ENTRIES) {
      const out = new Outgoing();
      out.kind = KIND_CREDIT;
      this.postControl(out);
    }
  }

  /** Is there something that could not be posted yet? */
  get hasWaiting(): bool {
    return this.waiting.length > 0;
  }

  get isIdle(): bool {
    return !this.hasWaiting && this.outstanding === 0;
  }

  /** A work request of ours has completed. */
  completed(): void {
    this.outstanding--;
  }

  /** The packet in a slot of our receives. Its credits are taken. */
  received(slot: u32): Packet {
    const packet = changetype<Packet>(this.receives + slot * PACKET_BYTES_MAX);
    this.credits += packet.credits;
    return packet;
  }

  /** The packet has been dealt with: the peer may use its slot again. */
  recycle(slot: u32): void {
    this.postReceive(slot);
    this.owed++;
  }

  private postReceive(slot: u32): void {
    this.receiveElement.address = this.receives + slot * PACKET_BYTES_MAX;
    this.receiveRequest.id = workId(OF_RECEIVE, this.rank, slot);
    check(this.qp.postReceive(this.receiveRequest) === 0, "MPI: there is room for every receive");
  }

  private post(out: Outgoing): bool {
    if (this.outstanding + RESERVED >= SEND_ENTRIES) return false;
    if (out.isRead) {
      this.postRead(out);
      return true;
    }
    if (this.credits <= RESERVED) return false;
    if (out.payload === 0) this.postControl(out);
    else if (!this.slots.isEmpty) this.postData(out);
    else return false;
    if (out.completes !== null) out.completes!.done = true;
    return true;
  }

  private postRead(out: Outgoing): void {
    this.setElement(out.address, out.bytes);
    this.request.remoteAddress = out.remoteAddress;
    this.request.remoteKey = out.key;
    if (this.isPhysical) usePhysicalNames(this.peersKey(out.key));
    this.submit(WR_RDMA_READ, SEND_SIGNALED, workId(OF_READ, this.rank, out.request));
  }

  /** All of a rank's memory has one key. */
  private peersKey(vkey: u32): RemoteKey {
    let pinned = this.pinned;
    if (pinned === null) {
      usePhysicalNames(null);
      pinned = this.qp.peersKey(vkey);
      this.pinned = pinned;
    }
    return pinned;
  }

  private postControl(out: Outgoing): void {
    this.writeHeader(this.control, out);
    this.setElement(this.control, HEADER_BYTES);
    // Whoever waits for nothing but credits is woken by any completion.
    const solicited = out.kind === KIND_CREDIT ? 0 : SEND_SOLICITED;
    this.submit(WR_SEND, SEND_SIGNALED | SEND_INLINE | solicited, workId(OF_CONTROL, this.rank, 0));
  }

  private postData(out: Outgoing): void {
    const slot = this.slots.take();
    const at = this.slots.addressOf(slot);
    this.writeHeader(at, out);
    memory.copy(at + HEADER_BYTES, out.address, out.payload);
    this.setElement(at, HEADER_BYTES + out.payload);
    this.submit(WR_SEND, SEND_SIGNALED | SEND_SOLICITED, workId(OF_DATA, this.rank, slot));
  }

  private writeHeader(at: u32, out: Outgoing): void {
    const packet = changetype<Packet>(at);
    packet.kind = out.kind;
    packet.context = out.context;
    packet.tag = out.tag;
    packet.bytes = out.bytes;
    packet.credits = this.owed;
    packet.request = out.request;
    packet.address = out.address;
    packet.key = this.key;
    this.owed = 0;
    this.credits--;
  }

  private setElement(address: u32, bytes: u32): void {
    this.element.address = address;
    this.element.length = bytes;
  }

  private submit(opcode: u32, flags: u32, id: u64): void {
    this.request.opcode = opcode;
    this.request.flags = flags;
    this.request.id = id;
    check(this.qp.postSend(this.request) === 0, "MPI: there is room in the send queue");
    this.outstanding++;
  }
}
