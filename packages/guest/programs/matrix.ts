// memory: 24 MiB
// One cell of the workload matrix: messages of one kind and size from one guest to another, or to itself, verified in contents
// and order. It goes on until it is asked to end; whoever sends tells the other, and both report.
//
// Arguments: name, peer; role=send|receive|both; transport=rc|uc|ud|ud-mcast; operation=send|send-imm|send-inv|write|
// write-imm|read|cas|faa|mw-write-1|mw-write-2|srq-recv; size; interval (ms between batches). Exit code: 0 when all was well.
import { argument, numberArgument } from "nomad/arguments";
import { log } from "nomad/log";
import { statusName, WorkCompletion } from "nomad/verbs";
import { clock, shutdownRequested } from "nomad/vmm";
import { Cell } from "./matrix/cell.ts";
import { Device } from "./matrix/device.ts";
import { Inbound } from "./matrix/inbound.ts";
import { Outbound } from "./matrix/outbound.ts";
import { Tally } from "./matrix/tally.ts";

const MILLISECOND: i64 = 1_000_000;
/** The longest sleep, and how long the end may take without anything happening, ns. */
const SLEEP: i64 = 5 * MILLISECOND;
const PATIENCE: i64 = 30_000 * MILLISECOND;
const REPORT_EVERY: i64 = 200 * MILLISECOND;

@final
class Matrix {
  private readonly device: Device = new Device();
  private readonly completion: WorkCompletion = new WorkCompletion();
  private readonly outbound: Outbound | null;
  private readonly inbound: Inbound | null;
  private nextReport: i64 = 0;
  private lastProgress: i64 = clock();

  constructor(
    cell: Cell,
    role: string,
    private readonly tally: Tally,
  ) {
    this.outbound = role === "receive" ? null : new Outbound(this.device, cell, tally);
    this.inbound = role === "send" ? null : new Inbound(this.device, cell, tally);
  }

  /** Makes the connections. Null, or what went wrong. */
  open(): string | null {
    const outbound = this.outbound;
    const inbound = this.inbound;
    // Both are known before either is looked for: the peer may be oneself.
    if (outbound !== null) outbound.lane.publish();
    if (inbound !== null) inbound.lane.publish();
    let trouble: string | null = null;
    if (outbound !== null) trouble = outbound.open();
    if (inbound !== null && trouble === null) trouble = inbound.open();
    return trouble;
  }

  run(): void {
    while (this.tally.status === "ok" && !this.isOver) {
      const now = clock();
      const worked = this.poll();
      const outbound = this.outbound;
      const inbound = this.inbound;
      if (outbound !== null) outbound.step(now, shutdownRequested());
      if (inbound !== null) inbound.step(now);
      if (worked) this.lastProgress = now;
      this.watch(now);
      if (!worked) this.device.sleep(SLEEP);
    }
  }

  /** Is every handle what it was at the start, and of use? */
  checkHandles(): void {
    const outbound = this.outbound;
    const inbound = this.inbound;
    if (outbound !== null) outbound.lane.handles.check(this.tally);
    if (inbound !== null) inbound.lane.handles.check(this.tally);
  }

  private get isOver(): bool {
    const outbound = this.outbound;
    const inbound = this.inbound;
    return (outbound === null || outbound.finished) && (inbound === null || inbound.finished);
  }

  private poll(): bool {
    let any = false;
    while (this.tally.status === "ok" && this.device.cq.poll(this.completion)) {
      any = true;
      if (this.completion.status !== 0) this.tally.fail(statusName(this.completion.status));
      else this.take();
    }
    return any;
  }

  private take(): void {
    const outbound = this.outbound;
    const inbound = this.inbound;
    const taken =
      (outbound !== null && outbound.take(this.completion)) || (inbound !== null && inbound.take(this.completion));
    if (!taken) this.tally.fail("a completion of nobody's");
  }

  private watch(now: i64): void {
    if (shutdownRequested() && now - this.lastProgress > PATIENCE) this.tally.fail("no answer at the end");
    if (now < this.nextReport) return;
    this.nextReport = now + REPORT_EVERY;
    this.tally.sendReport();
  }
}

export function main(): i32 {
  const name = argument("name", "alice");
  const peer = argument("peer", "bob");
  const tally = new Tally(name, peer);
  const cell = Cell.parse(name, peer);
  const matrix = new Matrix(cell, argument("role", "both"), tally);
  const trouble = matrix.open();
  if (trouble !== null) tally.fail(trouble);
  else log(`${name} <-> ${peer}: connected`);
  matrix.run();
  if (tally.status === "ok") matrix.checkHandles();
  tally.finished = true;
  tally.sendReport();
  if (!tally.verified) log(`${name} <-> ${peer}: ${tally.status}`);
  return tally.verified ? 0 : 1;
}
