// Operations that have begun and may not have ended: MPI_Request, together with MPI_Status.
import { check } from "../check.ts";

/** MPI_ANY_SOURCE, MPI_ANY_TAG. */
export const ANY_SOURCE: i32 = -1;
export const ANY_TAG: i32 = -1;

/**
 * After so many requests garbage is collected. The collector begins by itself only when managed memory has grown much,
 * and a program's big arrays are none of it.
 */
const COLLECT_EVERY: u32 = 4096;
let made: u32 = 0;

@final
export class Request {
  done: bool = false;

  constructor(
    /** The data to be sent, or where it shall go: bytes of it, or room for so many. */
    readonly address: u32,
    public bytes: u32,
    readonly context: u32,
    /** Rank in the world. Of a receive, ANY_SOURCE until it has been matched. */
    public peer: i32,
    /** Of a receive, ANY_TAG until it has been matched. */
    public tag: i32,
  ) {
    if (++made % COLLECT_EVERY === 0) __collect();
  }

  accepts(context: u32, source: i32, tag: i32): bool {
    if (this.context !== context) return false;
    return (this.peer === ANY_SOURCE || this.peer === source) && (this.tag === ANY_TAG || this.tag === tag);
  }
}

/** Requests by number, for packets and work requests to name them. */
@final
export class RequestTable {
  private readonly requests: Map<u32, Request> = new Map();
  private next: u32 = 1;

  add(request: Request): u32 {
    const id = this.next++;
    this.requests.set(id, request);
    return id;
  }

  take(id: u32): Request {
    check(this.requests.has(id), `MPI: request ${id} is known`);
    const request = this.requests.get(id);
    this.requests.delete(id);
    return request;
  }
}
