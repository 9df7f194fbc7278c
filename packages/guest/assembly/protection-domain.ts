import { HC_ALLOC_PD, HC_DEALLOC_PD, HC_DEREG_MR, HC_QUERY_MR, HC_REG_MR } from "../../abi/src/hypercall.ts";
import { addLocalKey, removeLocalKey } from "./driver.ts";
import { argument, begin, call, result } from "./hypercall.ts";

/** ibv_pd. Methods that make something return null when the back-end refuses. */
@final
export class ProtectionDomain {
  private constructor(readonly handle: u32) {}

  static allocate(): ProtectionDomain | null {
    begin();
    return call(HC_ALLOC_PD) === 0 ? new ProtectionDomain(result(0)) : null;
  }

  /** 0, or -EBUSY while something of it is left. */
  deallocate(): i32 {
    begin();
    argument(this.handle);
    return call(HC_DEALLOC_PD);
  }

  /** Registers `length` bytes at `address` for ACCESS_* `access`. */
  register(address: u32, length: u32, access: u32): MemoryRegion | null {
    begin();
    argument(this.handle);
    argument(address);
    argument(length);
    argument(access);
    if (call(HC_REG_MR) !== 0) return null;
    const vkey = result(0);
    addLocalKey(vkey, result(1));
    return new MemoryRegion(vkey, address, length);
  }
}

/** ibv_mr. Its keys are the guest's own, and good for its life. */
@final
export class MemoryRegion {
  constructor(
    /** Both lkey and rkey. */
    readonly key: u32,
    readonly address: u32,
    readonly length: u32,
  ) {}

  /** Does the back-end know it, where it is and as long as it is? */
  get isRegistered(): bool {
    begin();
    argument(this.key);
    return call(HC_QUERY_MR) === 0 && result(1) === this.address && result(2) === this.length;
  }

  deregister(): i32 {
    removeLocalKey(this.key);
    begin();
    argument(this.key);
    return call(HC_DEREG_MR);
  }
}
