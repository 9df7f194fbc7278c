// The end of a lane that the messages come to.
import {
  EVENT_SRQ_LIMIT_REACHED,
  WC_RECV,
  WC_WITH_IMM,
  WC_WITH_INV,
  WR_RDMA_WRITE,
  WR_RDMA_WRITE_WITH_IMM,
} from "nomad/abi";
import { getAsyncEvent, ReceiveRequest, ScatterGather, WorkCompletion } from "nomad/verbs";
import { Arrivals } from "./arrivals.ts";
import { Cell } from "./cell.ts";
import { DONE, FIN, READY, SYNC } from "./control.ts";
import { Device } from "./device.ts";
import { groupOf, Lane } from "./lane.ts";
import { Opening } from "./opening.ts";
import { fill, isPayload, numberOf } from "./payload.ts";
import { Tally } from "./tally.ts";

/** How long datagrams may come after the sender's last word, ns: the host may be asking for their sender's name. */
const LINGER: i64 = 500_000_000;
/** Numbers further off than this are no numbers. */
const WINDOW: u32 = 512;

@final
export class Inbound {
  readonly lane: Lane;
  finished: bool = false;
  private readonly arrivals: Arrivals;
  private readonly opening: Opening | null;
  private readonly receive: ReceiveRequest = new ReceiveRequest([new ScatterGather()]);
  private total: u32 = 0;
  private finishAt: i64 = 0;
  private limitTold: bool = false;

  constructor(
    device: Device,
    private readonly cell: Cell,
    private readonly tally: Tally,
  ) {
    const lane = new Lane(device, cell, `${cell.peer}>${cell.name}`, "to", "from");
    this.lane = lane;
    this.arrivals = new Arrivals(tally);
    this.opening = cell.window === 0 ? null : new Opening(device.pd, cell, lane);
  }

  /** Null, or what went wrong. */
  open(): string | null {
    const lane = this.lane;
    for (let i: u32 = 0; this.cell.isReceived && i < 2 * this.cell.batch; i++) this.postReceive(i);
    if (this.cell.multicast && groupOf(lane.here).attach(lane.data.vqpn) !== 0) return "no multicast group";
    const trouble = lane.connect();
    if (trouble !== null) return trouble;
    lane.handles.print();
    this.prepare(0);
    return null;
  }

  step(now: i64): void {
    this.takeEvents();
    if (this.total === 0 || this.finished) return;
    if (this.finishAt === 0) this.finishAt = now + LINGER;
    const whole = this.arrivals.delivered + this.tally.corrupted >= this.total || this.cell.isFetch;
    if (!whole && now < this.finishAt) return;
    if (!this.cell.isFetch) this.tally.lost += <u32>max<i32>(0, <i32>(this.total - this.arrivals.delivered));
    if (this.lane.srq !== null && this.cell.isReliable && !this.limitTold) this.tally.fail("no limit was ever reached");
    this.finished = true;
    this.lane.control.tell(DONE, this.total);
  }

  /** True when the completion is one of this end's. */
  take(completion: WorkCompletion): bool {
    const lane = this.lane;
    if (completion.qpNumber === lane.control.qp.vqpn) {
      if (lane.control.take(completion)) this.heard();
      return true;
    }
    if (completion.qpNumber !== lane.data.vqpn) return false;
    const opening = this.opening;
    if (opening === null || !opening.isStep(completion)) this.received(completion);
    else if (opening.isBound(completion)) lane.control.tell(READY, this.arrivals.expected, opening.key);
    return true;
  }

  private heard(): void {
    const control = this.lane.control;
    if (control.kind === FIN) this.total = control.count;
    if (control.kind === FIN && control.count === 0) this.tally.fail("the other end has sent nothing");
    if (control.kind !== SYNC) return;
    if (this.cell.opcode === WR_RDMA_WRITE) this.checkWritten(control.count);
    if (this.cell.isAtomic) this.checkCounter(control.count);
    this.prepare(control.count);
  }

  /** For the batch from message `number` on. */
  private prepare(number: u32): void {
    const lane = this.lane;
    const opening = this.opening;
    if (this.cell.isFetch && !this.cell.isAtomic) {
      for (let i: u32 = 0; i < this.cell.batch; i++) fill(lane.slot(i), this.cell.size, number + i);
    }
    const srq = lane.srq;
    // One more than is left when the batch has been taken.
    if (srq !== null) srq.setLimit(this.cell.batch + 1);
    if (opening !== null) opening.renew();
    else lane.control.tell(READY, number, lane.region.key);
  }

  private received(completion: WorkCompletion): void {
    const lane = this.lane;
    const cell = this.cell;
    const expected = this.arrivals.expected;
    const slot = <u32>completion.id;
    const withImmediate = (completion.flags & WC_WITH_IMM) !== 0;
    let at = lane.slot(slot) + lane.header;
    if (cell.opcode === WR_RDMA_WRITE_WITH_IMM) at = lane.slot(completion.immediate % cell.batch);
    const number = withImmediate ? completion.immediate : numberOf(at, cell.size, expected);
    let right = isPayload(at, cell.size, number) && number - expected + WINDOW < 2 * WINDOW;
    if (completion.opcode === WC_RECV) right = right && completion.byteLength === lane.header + cell.size;
    if (lane.header > 0)
      right = right && completion.sourceQp === lane.peer.data && completion.sourceLid === lane.peer.vlid;
    this.arrivals.take(number, right);
    const opening = this.opening;
    if ((completion.flags & WC_WITH_INV) !== 0 && opening !== null && !opening.closed(completion.immediate)) {
      this.tally.fail("another window was invalidated than the one that was open");
    }
    this.postReceive(slot);
  }

  /** WRITEs that nobody is told of are looked at when the sender says that they are done. */
  private checkWritten(count: u32): void {
    for (let number = count - this.cell.batch; number < count; number++) {
      const right = isPayload(this.lane.slot(number % this.cell.batch), this.cell.size, number);
      // What an unreliable connection has not written, or not whole, is lost.
      if (right || this.cell.isReliable) this.arrivals.take(number, right);
    }
  }

  private checkCounter(count: u32): void {
    this.tally.atomicsExpected = count;
    this.tally.atomicsActual = load<u64>(this.lane.region.address);
  }

  private takeEvents(): void {
    const srq = this.lane.srq;
    for (let event = getAsyncEvent(0); event !== null; event = getAsyncEvent(0)) {
      const ours = srq !== null && event.type === EVENT_SRQ_LIMIT_REACHED && event.number === srq.handle;
      if (ours) this.limitTold = true;
      // COMM_EST and the like are nothing to worry about.
      else if (event.type === EVENT_SRQ_LIMIT_REACHED) this.tally.fail(`an event of a queue ${event.number}`);
    }
  }

  private postReceive(slot: u32): void {
    const lane = this.lane;
    const element = this.receive.list[0];
    element.address = lane.slot(slot);
    element.length = lane.header + this.cell.size;
    element.key = lane.region.key;
    this.receive.id = slot;
    lane.data.postReceive(this.receive);
  }
}
