// memory: 48 MiB
// Two of these talk over one reliable connection, all the time and in both directions: numbered, checksummed messages by
// SEND, RDMA WRITE and READ, and atomic counters. When asked to end they compare what was sent with what arrived.
//
// Arguments: name, peer; seed; dirty=1 to rewrite memory all the time; window (work requests posted at most); rate
// (operations a second, 0 for as many as possible). Exit code: 0 when everything was verified.
import { WC_RECV, WC_SUCCESS } from "nomad/abi";
import { argument, numberArgument } from "nomad/arguments";
import { log } from "nomad/log";
import { statusName, WorkCompletion } from "nomad/verbs";
import { clock, shutdownRequested } from "nomad/vmm";
import { Connection } from "./pair/connection.ts";
import { Inbound } from "./pair/inbound.ts";
import { Outbound } from "./pair/outbound.ts";
import { Pace } from "./pair/pace.ts";
import { Tally } from "./pair/tally.ts";
import { WorkingSet, WorkingSetOptions } from "./pair/working-set.ts";

const SECOND: i64 = 1_000_000_000;
/** How long the end may take without anything happening, ns. */
const PATIENCE: i64 = 20 * SECOND;
/** The longest sleep, ns: returns to the peer and reports are looked after in between. */
const SLEEP: i64 = 10_000_000;

@final
class Pair {
  private readonly completion: WorkCompletion = new WorkCompletion();
  private nextReport: i64 = 0;
  private ending: bool = false;
  private lastProgress: i64 = clock();

  constructor(
    private readonly tally: Tally,
    private readonly connection: Connection,
    private readonly inbound: Inbound,
    private readonly outbound: Outbound,
    private readonly memory: WorkingSet,
    private readonly pace: Pace,
  ) {}

  /** Until both sides have said their last word, or something failed. */
  run(): void {
    while (this.tally.status === "ok" && !this.isOver) {
      const worked = this.poll() || this.post();
      const now = clock();
      const wakeAt = this.memory.step(now);
      this.reportProgress(now);
      this.watch(worked, now);
      if (!worked) this.connection.cq.waitForEvent(this.sleepFor(now, wakeAt));
    }
  }

  private get isOver(): bool {
    return this.outbound.finCompleted && this.inbound.finished;
  }

  /** Takes every completion there is; true if there was one. */
  private poll(): bool {
    let any = false;
    while (this.connection.cq.poll(this.completion)) {
      any = true;
      if (this.completion.status !== WC_SUCCESS) {
        this.fail();
        return true;
      }
      if (this.completion.opcode === WC_RECV) this.inbound.received(this.completion);
      else this.outbound.completed(this.completion.id);
    }
    return any;
  }

  /** Posts what is possible and due; true if there was something. */
  private post(): bool {
    this.ending = this.ending || shutdownRequested() || this.inbound.finished;
    const told = this.outbound.postReturns();
    if (this.ending) return this.outbound.postFin() || told;
    let any = false;
    while (this.pace.isDue(clock()) && this.outbound.postNext()) {
      this.pace.spend();
      any = true;
    }
    return any || told;
  }

  private fail(): void {
    const receive = this.completion.opcode === WC_RECV;
    const operation = receive ? "a receive" : Outbound.operationName(this.completion.id);
    this.tally.status = statusName(this.completion.status);
    log(`${this.tally.name} <-> ${this.tally.peer}: ${operation} failed: ${this.tally.status}`);
  }

  /** While it runs, being held up is no error (a peer may be on the move); at the end it is. */
  private watch(worked: bool, now: i64): void {
    if (worked || !this.ending) this.lastProgress = now;
    if (now - this.lastProgress < PATIENCE) return;
    this.tally.status = "no answer";
    log(`${this.tally.name} <-> ${this.tally.peer}: no answer for ${PATIENCE / SECOND} s, at the end`);
  }

  private reportProgress(now: i64): void {
    if (now < this.nextReport) return;
    this.nextReport = now + SECOND;
    this.tally.sendReport();
  }

  private sleepFor(now: i64, wakeAt: i64): i64 {
    let sleep = SLEEP;
    if (wakeAt >= 0) sleep = min(sleep, wakeAt - now);
    if (!this.ending) sleep = min(sleep, this.pace.dueIn(now, sleep));
    return max<i64>(sleep, 0);
  }
}

/** Compares with what the peer said it did. */
function settle(tally: Tally, connection: Connection, inbound: Inbound, memory: WorkingSet): void {
  const counters = connection.areas.counters.address;
  tally.countLost(inbound.totals);
  tally.atomicsExpected = <u64>inbound.totals.fetchAdds + inbound.totals.swaps;
  tally.atomicsActual = load<u64>(counters) + load<u64>(counters, 8);
  tally.memoryIntact = memory.isIntact();
  tally.finished = true;
  // Only now may the queue pair go: the peer's last acknowledgement has arrived as well.
  connection.meet("done", tally.peer, PATIENCE);
}

export function main(): i32 {
  const name = argument("name", "alice");
  const peer = argument("peer", "bob");
  const seed = <u32>numberArgument("seed", 1) * 2 + (name < peer ? 0 : 1);
  const tally = new Tally(name, peer);
  const size = new WorkingSetOptions();
  if (numberArgument("dirty", 0) === 0) size.pagesPerStep = 0;
  const memory = new WorkingSet(seed, size);
  const connection = new Connection(name, seed);
  const inbound = new Inbound(connection.qp, connection.areas, tally);
  if (connection.initialize() !== 0 || !inbound.open()) tally.status = "no queue pair";
  const trouble = tally.status === "ok" ? connection.connect(peer) : tally.status;
  if (trouble !== null) {
    tally.status = trouble;
    log(`${name}: ${trouble}`);
    tally.sendReport();
    return 1;
  }
  log(`${name} <-> ${peer}: connected`);
  const window = <u32>min<i64>(numberArgument("window", 16), 32);
  const given = inbound.given;
  const outbound = new Outbound(
    connection.qp,
    connection.areas,
    connection.peer,
    given,
    inbound.taken,
    tally,
    window,
    seed,
  );
  const pace = new Pace(numberArgument("rate", 4000), window);
  new Pair(tally, connection, inbound, outbound, memory, pace).run();
  if (tally.status === "ok") settle(tally, connection, inbound, memory);
  tally.logTable();
  tally.sendReport();
  return tally.verified ? 0 : 1;
}
