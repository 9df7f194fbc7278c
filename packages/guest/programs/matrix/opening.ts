import { ACCESS_REMOTE_WRITE, MW_TYPE_2, SEND_SIGNALED, WC_BIND_MW, WC_LOCAL_INV } from "nomad/abi";
import { MemoryWindow, ProtectionDomain, ScatterGather, WorkCompletion } from "nomad/verbs";
import { Cell } from "./cell.ts";
import { required } from "./device.ts";
import { Lane } from "./lane.ts";

/** A memory window over a lane's memory, which gets a new key for each batch. */
@final
export class Opening {
  private readonly window: MemoryWindow;
  private isOpen: bool = false;

  constructor(
    pd: ProtectionDomain,
    cell: Cell,
    private readonly lane: Lane,
  ) {
    this.window = required<MemoryWindow>(MemoryWindow.allocate(pd, cell.window), "memory window");
    lane.handles.window = this.window;
  }

  get key(): u32 {
    return this.window.key;
  }

  /** Posts what binds the window anew; one of type 2 that is open is closed first. */
  renew(): void {
    const region = this.lane.region;
    if (this.isOpen && this.window.type === MW_TYPE_2) this.window.invalidate(this.lane.data, 0, SEND_SIGNALED);
    const range = new ScatterGather(region.address, region.length, region.key);
    this.window.bind(this.lane.data, 0, SEND_SIGNALED, range, ACCESS_REMOTE_WRITE);
    this.isOpen = true;
  }

  /** A peer has invalidated this key: is it the one that was open? */
  closed(key: u32): bool {
    this.isOpen = false;
    return key === this.window.key && this.window.boundBytes === 0;
  }

  /** Is it a completion of what `renew` has posted? */
  isStep(completion: WorkCompletion): bool {
    return completion.opcode === WC_BIND_MW || completion.opcode === WC_LOCAL_INV;
  }

  isBound(completion: WorkCompletion): bool {
    return completion.opcode === WC_BIND_MW;
  }
}
