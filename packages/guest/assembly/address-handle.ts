import { HC_CREATE_AH, HC_DESTROY_AH, HC_QUERY_AH } from "../../abi/src/hypercall.ts";
import {
  AH_HANDLE,
  AH_LOCAL_EPOCH,
  AH_QPN,
  AH_RECORD_BYTES,
  AH_REMOTE_EPOCH,
  AH_V_QPN,
  AH_VERSION,
  SEND_WQE_AH,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_REMOTE_QPN,
  SEND_WQE_V_AH,
  SEND_WQE_V_REMOTE_QPN,
  WQE_LOCAL_EPOCH,
} from "../../abi/src/work.ts";
import { argument, begin, bytes, call, result } from "./hypercall.ts";
import { allocate } from "./memory.ts";
import { Group } from "./multicast.ts";
import { ProtectionDomain } from "./protection-domain.ts";

/** Records of destroyed handles, for the next. */
const freeRecords: u32[] = [];

/** ibv_ah: a guest that datagrams go to, wherever it runs, or a multicast group. */
@final
export class AddressHandle {
  private constructor(
    readonly handle: u32,
    private readonly record: u32,
  ) {}

  /** To the guest with this vLID; null when the back-end refuses. */
  static to(pd: ProtectionDomain, vlid: u32, serviceLevel: u32 = 0): AddressHandle | null {
    return AddressHandle.create(pd, vlid, serviceLevel, null);
  }

  static toGroup(pd: ProtectionDomain, group: Group): AddressHandle | null {
    return AddressHandle.create(pd, group.mlid, 0, group);
  }

  private static create(pd: ProtectionDomain, dlid: u32, sl: u32, group: Group | null): AddressHandle | null {
    const record = freeRecords.length > 0 ? freeRecords.pop() : allocate(AH_RECORD_BYTES);
    begin();
    argument(pd.handle);
    argument(record);
    argument(dlid);
    argument(sl);
    argument(group === null ? 0 : 1);
    if (group !== null) bytes(group.mgid);
    if (call(HC_CREATE_AH) === 0) return new AddressHandle(result(0), record);
    freeRecords.push(record);
    return null;
  }

  /** The vLID or multicast LID that it leads to, 0 when there is no such handle. */
  get target(): u32 {
    begin();
    argument(this.handle);
    return call(HC_QUERY_AH) === 0 ? result(1) : 0;
  }

  /** Once no datagram that names it is posted: 0 or a negative errno. */
  destroy(): i32 {
    begin();
    argument(this.handle);
    const status = call(HC_DESTROY_AH);
    if (status === 0) freeRecords.push(this.record);
    return status;
  }

  /**
   * Writes into a datagram where queue pair `vqpn` of the target is: what the host found when something last went there,
   * or names alone, for it to find.
   */
  address(wqe: u32, vqpn: u32): void {
    store<u32>(wqe + SEND_WQE_V_AH, this.handle);
    store<u32>(wqe + SEND_WQE_V_REMOTE_QPN, vqpn);
    const version = atomic.load<u32>(this.record + AH_VERSION);
    store<u32>(wqe + SEND_WQE_AH, atomic.load<u32>(this.record + AH_HANDLE));
    store<u32>(wqe + SEND_WQE_REMOTE_QPN, atomic.load<u32>(this.record + AH_QPN));
    store<u32>(wqe + SEND_WQE_REMOTE_EPOCH, atomic.load<u32>(this.record + AH_REMOTE_EPOCH));
    const local = atomic.load<u32>(this.record + AH_LOCAL_EPOCH) === load<u32>(wqe + WQE_LOCAL_EPOCH);
    const same = atomic.load<u32>(this.record + AH_V_QPN) === vqpn;
    const whole = (version & 1) === 0 && atomic.load<u32>(this.record + AH_VERSION) === version;
    if (!(local && same && whole)) store<u32>(wqe + WQE_LOCAL_EPOCH, 0);
  }
}
