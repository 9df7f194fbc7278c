import { WR_SEND } from "../../abi/src/verbs.ts";
import { AddressHandle } from "./address-handle.ts";

/** ibv_sge; `key` is a memory region's. */
@final
export class ScatterGather {
  constructor(
    public address: u32 = 0,
    public length: u32 = 0,
    public key: u32 = 0,
  ) {}
}

/** ibv_send_wr. One object serves any number of posts: what it says is copied. */
@final
export class SendRequest {
  id: u64 = 0;
  /** WR_*. */
  opcode: u32 = WR_SEND;
  /** SEND_*. */
  flags: u32 = 0;
  immediate: u32 = 0;
  remoteAddress: u64 = 0;
  /** The peer's key of its region or window, as the peer's program knows it. */
  remoteKey: u32 = 0;
  compareAdd: u64 = 0;
  swap: u64 = 0;
  /** Datagrams: where they go, and which queue pair there, as its program knows it. */
  addressHandle: AddressHandle | null = null;
  remoteQpn: u32 = 0;
  remoteQkey: u32 = 0;
  /** WR_BIND_MW: ACCESS_* and MW_TYPE_*; `MemoryWindow` fills them in. */
  bindAccess: u32 = 0;
  bindType: u32 = 0;

  constructor(public list: ScatterGather[]) {}
}

/** ibv_recv_wr. */
@final
export class ReceiveRequest {
  id: u64 = 0;

  constructor(public list: ScatterGather[]) {}
}
