import { HC_CREATE_SRQ, HC_DESTROY_SRQ, HC_MODIFY_SRQ, HC_QUERY_SRQ } from "../../abi/src/hypercall.ts";
import { SRQ_LIMIT } from "../../abi/src/verbs.ts";
import { RECV_WQE_SGES } from "../../abi/src/work.ts";
import { argument, begin, call, result } from "./hypercall.ts";
import { ProtectionDomain } from "./protection-domain.ts";
import { addRing, Ring, ringEntries, workRequestStride } from "./ring.ts";
import { putReceive } from "./work-queue.ts";
import { ReceiveRequest } from "./work-request.ts";

/** ibv_srq: receives for several queue pairs. */
@final
export class SharedReceiveQueue {
  private constructor(
    readonly handle: u32,
    private readonly ring: Ring,
    private readonly maxSge: u32,
  ) {}

  /** With room for at least `entries`; null when the back-end refuses. */
  static create(pd: ProtectionDomain, entries: u32, maxSge: u32 = 1): SharedReceiveQueue | null {
    const ring = new Ring(ringEntries(entries), workRequestStride(RECV_WQE_SGES, maxSge));
    begin();
    argument(pd.handle);
    addRing(ring);
    argument(maxSge);
    return call(HC_CREATE_SRQ) === 0 ? new SharedReceiveQueue(result(0), ring, maxSge) : null;
  }

  /** ibv_post_srq_recv of one work request: 0, -ENOMEM when the queue is full, -EINVAL for more than it was made for. */
  postReceive(request: ReceiveRequest): i32 {
    return putReceive(this.ring, this.maxSge, request);
  }

  /** Asks for one EVENT_SRQ_LIMIT_REACHED when fewer work requests are left. 0 or a negative errno. */
  setLimit(limit: u32): i32 {
    begin();
    argument(this.handle);
    argument(SRQ_LIMIT);
    argument(limit);
    return call(HC_MODIFY_SRQ);
  }

  /** Work requests posted and not taken, or a negative errno. */
  get posted(): i32 {
    begin();
    argument(this.handle);
    const status = call(HC_QUERY_SRQ);
    return status === 0 ? <i32>result(1) : status;
  }

  destroy(): i32 {
    begin();
    argument(this.handle);
    return call(HC_DESTROY_SRQ);
  }
}
