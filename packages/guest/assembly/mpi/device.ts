// The engine under every communicator: begins sends and receives, and moves on what has begun. It works only while the
// program is inside a call of the library.
import { WC_SUCCESS } from "../abi.ts";
import { check } from "../check.ts";
import { CompletionQueue, statusName, WorkCompletion } from "../verbs.ts";
import { SendSlots } from "./buffers.ts";
import { Channel, OF_DATA, OF_READ, OF_RECEIVE, Outgoing } from "./channel.ts";
import { Arrival, Matching } from "./matching.ts";
import { EAGER_BYTES_MAX, HEADER_BYTES, KIND_EAGER, KIND_FINISHED, KIND_REQUEST_TO_SEND, Packet } from "./packet.ts";
import { Request, RequestTable } from "./request.ts";

@final
export class Device {
  /** By rank; null at our own. */
  readonly channels: (Channel | null)[] = [];
  private readonly matching: Matching = new Matching();
  private readonly requests: RequestTable = new RequestTable();
  /** Reads under way: the receive that each fills, and the sender's request, which is to be told. */
  private readonly fetches: Map<u32, u32> = new Map();
  private readonly completion: WorkCompletion = new WorkCompletion();

  constructor(
    readonly rank: i32,
    readonly cq: CompletionQueue,
    readonly slots: SendSlots,
  ) {}

  /** Begins a send to `request.peer`: eager if it is small, else by rendezvous. */
  send(request: Request): void {
    if (request.peer === this.rank) return this.sendToSelf(request);
    const out = new Outgoing();
    out.context = request.context;
    out.tag = request.tag;
    out.bytes = request.bytes;
    out.address = request.address;
    if (request.bytes <= EAGER_BYTES_MAX) {
      out.kind = KIND_EAGER;
      out.payload = request.bytes;
      out.completes = request;
    } else {
      out.kind = KIND_REQUEST_TO_SEND;
      out.request = this.requests.add(request);
    }
    this.channel(request.peer).send(out);
  }

  /** Begins a receive, with a message that is here already or with one to come. */
  receive(request: Request): void {
    const arrival = this.matching.takeUnexpected(request);
    if (arrival === null) return this.matching.post(request);
    this.accept(request, arrival);
    arrival.release();
  }

  /** Is there a message that such a receive would take? It learns its source, tag and size. */
  probe(request: Request): bool {
    this.progress();
    const arrival = this.matching.peekUnexpected(request);
    if (arrival === null) return false;
    describe(request, arrival);
    return true;
  }

  /** Blocks until the request is done. */
  wait(request: Request): void {
    while (!request.done) if (!this.progress()) this.cq.waitForEvent(-1, this.waitsForPeersAlone);
  }

  /** Takes every completion there is; true if there was one. */
  progress(): bool {
    let any = false;
    while (this.cq.poll(this.completion)) {
      any = true;
      this.complete();
    }
    if (any) this.flush();
    return any;
  }

  /** Blocks until everything that was sent has been acknowledged. */
  drain(): void {
    while (!this.isIdle) if (!this.progress()) this.cq.waitForEvent(-1);
  }

  /** Then the completion of a send of our own is nothing to wake up for: packets that matter are solicited. */
  private get waitsForPeersAlone(): bool {
    if (this.fetches.size > 0) return false;
    for (let i = 0; i < this.channels.length; i++) if (i !== this.rank && this.channel(i).hasWaiting) return false;
    return true;
  }

  private get isIdle(): bool {
    for (let i = 0; i < this.channels.length; i++) if (i !== this.rank && !this.channel(i).isIdle) return false;
    return true;
  }

  private channel(rank: i32): Channel {
    return this.channels[rank]!;
  }

  private flush(): void {
    for (let i = 0; i < this.channels.length; i++) if (i !== this.rank) this.channel(i).flush();
  }

  private complete(): void {
    const id = this.completion.id;
    const what = <u32>id & 0xff;
    const rank = <i32>((id >> 8) & 0xffffff);
    const number = <u32>(id >> 32);
    // As with MPI_ERRORS_ARE_FATAL.
    check(
      this.completion.status === WC_SUCCESS,
      `MPI: rank ${this.rank} <-> ${rank}: ${statusName(this.completion.status)}`,
    );
    const channel = this.channel(rank);
    if (what === OF_RECEIVE) return this.received(channel, number);
    channel.completed();
    if (what === OF_DATA) this.slots.give(number);
    else if (what === OF_READ) this.fetched(channel, number);
  }

  private received(channel: Channel, slot: u32): void {
    const packet = channel.received(slot);
    const kind = packet.kind;
    if (kind === KIND_EAGER || kind === KIND_REQUEST_TO_SEND) this.arrived(packet, channel.rank);
    else if (kind === KIND_FINISHED) this.requests.take(packet.request).done = true;
    channel.recycle(slot);
  }

  private arrived(packet: Packet, source: i32): void {
    const data = <u32>changetype<usize>(packet) + HEADER_BYTES;
    this.match(Arrival.of(packet, source, packet.kind === KIND_REQUEST_TO_SEND, data));
  }

  private match(arrival: Arrival): void {
    const request = this.matching.takePosted(arrival);
    if (request === null) this.matching.hold(arrival);
    else this.accept(request, arrival);
  }

  /** Brings the message's data to the receive. */
  private accept(request: Request, arrival: Arrival): void {
    check(
      arrival.bytes <= request.bytes,
      `MPI: a message of ${arrival.bytes} bytes from rank ${arrival.source} fits a receive of ${request.bytes}`,
    );
    describe(request, arrival);
    if (arrival.isRendezvous) return this.fetch(request, arrival);
    memory.copy(request.address, arrival.data, arrival.bytes);
    request.done = true;
  }

  private fetch(request: Request, arrival: Arrival): void {
    const out = new Outgoing();
    out.isRead = true;
    out.bytes = arrival.bytes;
    out.address = request.address;
    out.remoteAddress = arrival.address;
    out.key = arrival.key;
    out.request = this.requests.add(request);
    this.fetches.set(out.request, arrival.request);
    this.channel(arrival.source).send(out);
  }

  private fetched(channel: Channel, id: u32): void {
    const out = new Outgoing();
    out.kind = KIND_FINISHED;
    out.request = this.fetches.get(id);
    this.fetches.delete(id);
    this.requests.take(id).done = true;
    channel.send(out);
  }

  private sendToSelf(request: Request): void {
    const arrival = new Arrival(this.rank);
    arrival.context = request.context;
    arrival.tag = request.tag;
    arrival.bytes = request.bytes;
    arrival.data = request.address;
    this.match(arrival);
    request.done = true;
  }
}

function describe(request: Request, arrival: Arrival): void {
  request.peer = arrival.source;
  request.tag = arrival.tag;
  request.bytes = arrival.bytes;
}
