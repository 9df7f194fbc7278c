// Which message goes to which receive: by context, source and tag, each in its order.
import { Packet } from "./packet.ts";
import { Request } from "./request.ts";

/** A message as it arrived. */
@final
export class Arrival {
  /** Address of an eager message's data. */
  data: u32 = 0;
  context: u32 = 0;
  tag: i32 = 0;
  bytes: u32 = 0;
  isRendezvous: bool = false;
  /** Of a rendezvous: the sender's request, and where the data is. */
  request: u32 = 0;
  address: u32 = 0;
  key: u32 = 0;
  private isKept: bool = false;

  constructor(readonly source: i32) {}

  static of(packet: Packet, source: i32, isRendezvous: bool, data: u32): Arrival {
    const arrival = new Arrival(source);
    arrival.context = packet.context;
    arrival.tag = packet.tag;
    arrival.bytes = packet.bytes;
    arrival.isRendezvous = isRendezvous;
    arrival.request = packet.request;
    arrival.address = packet.address;
    arrival.key = packet.key;
    arrival.data = data;
    return arrival;
  }

  /** Copies the data, whose place is needed for the next message. */
  keep(): void {
    if (this.isRendezvous) return;
    const copy = <u32>heap.alloc(max<u32>(this.bytes, 1));
    memory.copy(copy, this.data, this.bytes);
    this.data = copy;
    this.isKept = true;
  }

  release(): void {
    if (this.isKept) heap.free(this.data);
  }
}

@final
export class Matching {
  private readonly posted: Request[] = [];
  private readonly unexpected: Arrival[] = [];

  post(request: Request): void {
    this.posted.push(request);
  }

  hold(arrival: Arrival): void {
    arrival.keep();
    this.unexpected.push(arrival);
  }

  /** The first receive that accepts the message; null when there is none yet. */
  takePosted(arrival: Arrival): Request | null {
    for (let i = 0; i < this.posted.length; i++) {
      const request = this.posted[i];
      if (!request.accepts(arrival.context, arrival.source, arrival.tag)) continue;
      this.posted.splice(i, 1);
      return request;
    }
    return null;
  }

  /** The first message that the receive accepts; null when there is none yet. */
  takeUnexpected(request: Request): Arrival | null {
    const index = this.findUnexpected(request);
    if (index < 0) return null;
    const arrival = this.unexpected[index];
    this.unexpected.splice(index, 1);
    return arrival;
  }

  /** The same, left where it is. */
  peekUnexpected(request: Request): Arrival | null {
    const index = this.findUnexpected(request);
    return index < 0 ? null : this.unexpected[index];
  }

  private findUnexpected(request: Request): i32 {
    for (let i = 0; i < this.unexpected.length; i++) {
      const arrival = this.unexpected[i];
      if (request.accepts(arrival.context, arrival.source, arrival.tag)) return i;
    }
    return -1;
  }
}
