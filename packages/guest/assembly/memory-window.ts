import { HC_ALLOC_MW, HC_DEALLOC_MW, HC_QUERY_MW } from "../../abi/src/hypercall.ts";
import { WR_BIND_MW, WR_LOCAL_INV } from "../../abi/src/verbs.ts";
import { argument, begin, call, result } from "./hypercall.ts";
import { ProtectionDomain } from "./protection-domain.ts";
import { QueuePair } from "./queue-pair.ts";
import { ScatterGather, SendRequest } from "./work-request.ts";

/** ibv_mw: a range of a region, opened to peers under a key of its own. */
@final
export class MemoryWindow {
  private readonly request: SendRequest = new SendRequest([]);

  private constructor(
    /** MW_TYPE_*. */
    readonly type: u32,
    /** What peers name it by: the key of the last bind that was posted. */
    public key: u32,
  ) {}

  /** Unbound; null when the back-end refuses. */
  static allocate(pd: ProtectionDomain, type: u32): MemoryWindow | null {
    begin();
    argument(pd.handle);
    argument(type);
    return call(HC_ALLOC_MW) === 0 ? new MemoryWindow(type, result(0)) : null;
  }

  /**
   * Posts a bind to a part of a region, for ACCESS_* `access`, under the next key (ibv_bind_mw, ibv_inc_rkey): as
   * `QueuePair.postSend`.
   */
  bind(qp: QueuePair, id: u64, flags: u32, range: ScatterGather, access: u32): i32 {
    const next = (this.key & 0xffffff00) | ((this.key + 1) & 0xff);
    const request = this.request;
    request.id = id;
    request.opcode = WR_BIND_MW;
    request.flags = flags;
    request.list = [range];
    request.remoteKey = next;
    request.bindAccess = access;
    request.bindType = this.type;
    const status = qp.postSend(request);
    if (status === 0) this.key = next;
    return status;
  }

  /** Posts that a window of type 2 is to be closed: as `QueuePair.postSend`. */
  invalidate(qp: QueuePair, id: u64, flags: u32): i32 {
    const request = this.request;
    request.id = id;
    request.opcode = WR_LOCAL_INV;
    request.flags = flags;
    request.list = [];
    request.remoteKey = this.key;
    return qp.postSend(request);
  }

  /** Bytes that it opens, 0 when it is not bound; or a negative errno. */
  get boundBytes(): i32 {
    begin();
    argument(this.key);
    const status = call(HC_QUERY_MW);
    return status === 0 ? <i32>result(2) : status;
  }

  deallocate(): i32 {
    begin();
    argument(this.key);
    return call(HC_DEALLOC_MW);
  }
}
