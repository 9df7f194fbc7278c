// The end of a lane that posts the messages.
import { SEND_SIGNALED, WR_RDMA_READ, WR_SEND, WR_SEND_WITH_INV } from "nomad/abi";
import { AddressHandle, ScatterGather, SendRequest, WorkCompletion } from "nomad/verbs";
import { Arrivals } from "./arrivals.ts";
import { Cell } from "./cell.ts";
import { DONE, FIN, READY, SYNC } from "./control.ts";
import { Device, required } from "./device.ts";
import { groupOf, Lane, QKEY } from "./lane.ts";
import { fill, isPayload } from "./payload.ts";
import { Tally } from "./tally.ts";

@final
export class Outbound {
  readonly lane: Lane;
  finished: bool = false;
  private readonly arrivals: Arrivals;
  private readonly request: SendRequest = new SendRequest([new ScatterGather()]);
  private posted: u32 = 0;
  private completed: u32 = 0;
  /** Messages from here on may be posted as far as a batch goes; the receiver has said so. */
  private ready: bool = false;
  private key: u32 = 0;
  private nextBatch: i64 = 0;
  private ending: bool = false;

  constructor(
    private readonly device: Device,
    private readonly cell: Cell,
    private readonly tally: Tally,
  ) {
    this.lane = new Lane(device, cell, `${cell.name}>${cell.peer}`, "from", "to");
    this.arrivals = new Arrivals(tally);
  }

  /** Null, or what went wrong. */
  open(): string | null {
    const lane = this.lane;
    const trouble = lane.connect();
    if (trouble !== null) return trouble;
    if (lane.header > 0) {
      const handle = this.cell.multicast
        ? AddressHandle.toGroup(this.device.pd, groupOf(lane.peer))
        : AddressHandle.to(this.device.pd, lane.peer.vlid);
      const ah = required<AddressHandle>(handle, "address handle");
      this.request.addressHandle = ah;
      this.request.remoteQpn = lane.peer.data;
      this.request.remoteQkey = QKEY;
      lane.handles.ah = ah;
      lane.handles.ahTarget = this.cell.multicast ? groupOf(lane.peer).mlid : lane.peer.vlid;
    }
    lane.handles.print();
    return null;
  }

  step(now: i64, ending: bool): void {
    if (!this.ready || now < this.nextBatch || this.ending) return;
    this.ready = false;
    this.nextBatch = now + this.cell.interval;
    if (ending) {
      this.ending = true;
      this.lane.control.tell(FIN, this.posted);
      return;
    }
    for (let i: u32 = 0; i < this.cell.batch; i++) this.post(i + 1 === this.cell.batch);
  }

  /** True when the completion is one of this end's. */
  take(completion: WorkCompletion): bool {
    const lane = this.lane;
    if (completion.qpNumber === lane.control.qp.vqpn) {
      if (lane.control.take(completion)) this.heard();
      return true;
    }
    if (completion.qpNumber !== lane.data.vqpn) return false;
    if (this.cell.isFetch) this.checkFetched(this.completed);
    this.completed++;
    if (this.completed === this.posted) lane.control.tell(SYNC, this.posted);
    return true;
  }

  private heard(): void {
    const control = this.lane.control;
    if (control.kind === DONE) this.finished = true;
    if (control.kind !== READY) return;
    this.ready = true;
    this.key = control.key;
  }

  /** `last` of a batch: only that one invalidates the window, for it can be done once. */
  private post(last: bool): void {
    const lane = this.lane;
    const cell = this.cell;
    const request = this.request;
    const number = this.posted;
    const element = request.list[0];
    element.address = lane.slot(number);
    element.length = cell.size;
    element.key = lane.region.key;
    if (!cell.isFetch) fill(element.address, cell.size, number);
    request.id = number;
    request.flags = SEND_SIGNALED;
    request.opcode = cell.opcode === WR_SEND_WITH_INV && !last ? WR_SEND : cell.opcode;
    request.immediate = number;
    request.remoteAddress = lane.peer.memory + (cell.isAtomic ? 0 : (number % cell.batch) * lane.stride);
    request.remoteKey = this.key;
    request.compareAdd = cell.isSwap ? number : 1;
    request.swap = <u64>number + 1;
    const status = lane.data.postSend(request);
    if (status !== 0) return this.tally.fail(`posting failed: errno ${-status}`);
    this.posted++;
    this.tally.sent++;
  }

  /** What a READ or an atomic has brought back. */
  private checkFetched(number: u32): void {
    const at = this.lane.slot(number);
    const right =
      this.cell.opcode === WR_RDMA_READ ? isPayload(at, this.cell.size, number) : load<u64>(at) === <u64>number;
    this.arrivals.take(number, right);
  }
}
