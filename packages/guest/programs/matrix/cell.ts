// What one run of the program does.
import {
  MW_TYPE_1,
  MW_TYPE_2,
  QPT_RC,
  QPT_UC,
  QPT_UD,
  WR_ATOMIC_CMP_AND_SWP,
  WR_ATOMIC_FETCH_AND_ADD,
  WR_RDMA_READ,
  WR_RDMA_WRITE,
  WR_RDMA_WRITE_WITH_IMM,
  WR_SEND,
  WR_SEND_WITH_IMM,
  WR_SEND_WITH_INV,
} from "nomad/abi";
import { argument, numberArgument } from "nomad/arguments";
import { check } from "nomad/check";

const BIG: u32 = 1 << 16;

@final
export class Cell {
  type: u32 = QPT_RC;
  multicast: bool = false;
  opcode: u32 = WR_SEND;
  /** Receives are taken from a shared queue. */
  shared: bool = false;
  /** MW_TYPE_* of the window that is written through or invalidated; 0 for none. */
  window: u32 = 0;
  size: u32 = 0;
  /** Messages that are posted before the other side is asked. */
  batch: u32 = 8;
  /** Nanoseconds between two batches. */
  interval: i64 = 0;

  constructor(
    readonly name: string,
    readonly peer: string,
  ) {}

  static parse(name: string, peer: string): Cell {
    const cell = new Cell(name, peer);
    cell.takeTransport(argument("transport", "rc"));
    cell.takeOperation(argument("operation", "send"));
    cell.size = cell.isAtomic ? 8 : <u32>numberArgument("size", 64);
    if (cell.size >= BIG) cell.batch = 2;
    cell.interval = numberArgument("interval", 5) * 1_000_000;
    return cell;
  }

  get isAtomic(): bool {
    return this.opcode === WR_ATOMIC_CMP_AND_SWP || this.opcode === WR_ATOMIC_FETCH_AND_ADD;
  }

  get isSwap(): bool {
    return this.opcode === WR_ATOMIC_CMP_AND_SWP;
  }

  /** Does each message take a receive work request? */
  get isReceived(): bool {
    return this.isSend || this.opcode === WR_RDMA_WRITE_WITH_IMM;
  }

  get isSend(): bool {
    return this.opcode === WR_SEND || this.opcode === WR_SEND_WITH_IMM || this.opcode === WR_SEND_WITH_INV;
  }

  /** Is the sender the one who sees what has come? */
  get isFetch(): bool {
    return this.opcode === WR_RDMA_READ || this.isAtomic;
  }

  get isReliable(): bool {
    return this.type === QPT_RC;
  }

  private takeTransport(name: string): void {
    this.multicast = name === "ud-mcast";
    if (name === "uc") this.type = QPT_UC;
    else if (name === "ud" || this.multicast) this.type = QPT_UD;
    else check(name === "rc", `no transport ${name}`);
  }

  private takeOperation(name: string): void {
    this.shared = name === "srq-recv";
    if (name === "mw-write-1") this.window = MW_TYPE_1;
    if (name === "mw-write-2" || name === "send-inv") this.window = MW_TYPE_2;
    if (name === "send-imm") this.opcode = WR_SEND_WITH_IMM;
    else if (name === "send-inv") this.opcode = WR_SEND_WITH_INV;
    else if (name === "write" || name.startsWith("mw-write")) this.opcode = WR_RDMA_WRITE;
    else if (name === "write-imm") this.opcode = WR_RDMA_WRITE_WITH_IMM;
    else if (name === "read") this.opcode = WR_RDMA_READ;
    else if (name === "cas") this.opcode = WR_ATOMIC_CMP_AND_SWP;
    else if (name === "faa") this.opcode = WR_ATOMIC_FETCH_AND_ADD;
    else check(name === "send" || this.shared, `no operation ${name}`);
  }
}
