// MPI_Comm: a group of ranks, and a context of its own for their messages.
import { Device } from "./device.ts";
import { ANY_SOURCE, ANY_TAG, Request } from "./request.ts";

/** Messages of collective operations never meet those of the program. */
const COLLECTIVE: u32 = 1;
const CONTEXTS_EACH: u32 = 2;

/** Contexts that no communicator of this rank has yet begin here. */
let nextContext: u32 = CONTEXTS_EACH;

export function freshContext(): u32 {
  return nextContext;
}

/** Nobody may use `context` and those below it any more. */
export function takeContext(context: u32): void {
  nextContext = context + CONTEXTS_EACH;
}

@final
export class Communicator {
  readonly rank: i32;

  constructor(
    readonly device: Device,
    readonly context: u32,
    /** Each member's rank in the world. */
    readonly members: StaticArray<i32>,
  ) {
    this.rank = members.indexOf(device.rank);
  }

  get size(): i32 {
    return this.members.length;
  }

  /** MPI_Send: returns when the data may be changed. */
  send(address: usize, bytes: u32, to: i32, tag: i32): void {
    this.wait(this.isend(address, bytes, to, tag));
  }

  /** MPI_Recv of at most `bytes`; the request tells source, tag and size. */
  recv(address: usize, bytes: u32, from: i32 = ANY_SOURCE, tag: i32 = ANY_TAG): Request {
    const request = this.irecv(address, bytes, from, tag);
    this.wait(request);
    return request;
  }

  isend(address: usize, bytes: u32, to: i32, tag: i32): Request {
    return this.begin(true, this.context, address, bytes, to, tag);
  }

  irecv(address: usize, bytes: u32, from: i32 = ANY_SOURCE, tag: i32 = ANY_TAG): Request {
    return this.begin(false, this.context, address, bytes, from, tag);
  }

  /** MPI_Sendrecv. */
  sendrecv(out: usize, outBytes: u32, to: i32, into: usize, inBytes: u32, from: i32, tag: i32): Request {
    const receive = this.irecv(into, inBytes, from, tag);
    this.send(out, outBytes, to, tag);
    this.wait(receive);
    return receive;
  }

  /** MPI_Iprobe: source, tag and size of a message that a `recv` would take; null when none is there. */
  iprobe(from: i32 = ANY_SOURCE, tag: i32 = ANY_TAG): Request | null {
    const request = new Request(0, 0, this.context, this.worldRank(from), tag);
    return this.device.probe(request) ? request : null;
  }

  wait(request: Request): void {
    this.device.wait(request);
  }

  /** MPI_Test. */
  test(request: Request): bool {
    if (!request.done) this.device.progress();
    return request.done;
  }

  waitall(requests: Request[]): void {
    for (let i = 0; i < requests.length; i++) this.wait(requests[i]);
  }

  /** Who sent what a receive has got. */
  sourceOf(received: Request): i32 {
    return this.members.indexOf(received.peer);
  }

  /** `isend` and `irecv` of collective operations. Their order on each pair of ranks is the same everywhere: no tags. */
  isendCollective(address: usize, bytes: u32, to: i32): Request {
    return this.begin(true, this.context + COLLECTIVE, address, bytes, to, 0);
  }

  irecvCollective(address: usize, bytes: u32, from: i32): Request {
    return this.begin(false, this.context + COLLECTIVE, address, bytes, from, 0);
  }

  sendCollective(address: usize, bytes: u32, to: i32): void {
    this.wait(this.isendCollective(address, bytes, to));
  }

  recvCollective(address: usize, bytes: u32, from: i32): void {
    this.wait(this.irecvCollective(address, bytes, from));
  }

  private begin(isSend: bool, context: u32, address: usize, bytes: u32, peer: i32, tag: i32): Request {
    const request = new Request(<u32>address, bytes, context, this.worldRank(peer), tag);
    if (isSend) this.device.send(request);
    else this.device.receive(request);
    return request;
  }

  private worldRank(rank: i32): i32 {
    return rank === ANY_SOURCE ? ANY_SOURCE : this.members[rank];
  }
}
