// memory: 64 MiB
// Programs that have many reliable connections, of which a few are in use: on each of those a numbered message goes to and
// fro. For what a move costs by the number of connections and of peers, by memory and by how fast that is rewritten; and
// whether the unused connections still work after it.
//
// Arguments: name; peer (several with commas between); of each peer: qps (connections), active (messages under way);
// sweep=1 to send each message on the next connection in turn; dirty=1 to rewrite memory all the time, `pages` a
// millisecond out of `hot` MiB; `cold` MiB that must only arrive. The side with the smaller name sends first.
import { WC_RECV, WC_SUCCESS } from "nomad/abi";
import { argument, numberArgument } from "nomad/arguments";
import { log } from "nomad/log";
import { statusName, WorkCompletion } from "nomad/verbs";
import { clock, shutdownRequested } from "nomad/vmm";
import { Bundle } from "./many/bundle.ts";
import { Ledger } from "./many/ledger.ts";
import { MIB } from "./pair/areas.ts";
import { WorkingSet, WorkingSetOptions } from "./pair/working-set.ts";

const SECOND: i64 = 1_000_000_000;
/** The longest sleep, ns. */
const SLEEP: i64 = 10_000_000;

@final
class Many {
  private readonly completion: WorkCompletion = new WorkCompletion();
  private nextReport: i64 = 0;

  constructor(
    private readonly bundle: Bundle,
    private readonly ledger: Ledger,
    private readonly memory: WorkingSet,
    /** Answers come back on the connection of the message; a new one goes out `stride` further on. */
    private readonly leads: bool,
    private readonly stride: u32,
  ) {}

  run(active: u32): void {
    for (let i: u32 = 0; this.leads && i < this.bundle.count; i++) if (i % this.bundle.perPeer < active) this.send(i);
    while (this.ledger.status === "ok" && !shutdownRequested()) {
      const worked = this.poll();
      const now = clock();
      const wakeAt = this.memory.step(now);
      if (now >= this.nextReport) {
        this.nextReport = now + SECOND;
        this.ledger.tell();
      }
      if (!worked) this.bundle.cq.waitForEvent(wakeAt < 0 ? SLEEP : max<i64>(min(SLEEP, wakeAt - now), 0));
    }
  }

  private poll(): bool {
    let any = false;
    while (this.bundle.cq.poll(this.completion)) {
      any = true;
      if (this.completion.status !== WC_SUCCESS) {
        this.ledger.status = statusName(this.completion.status);
        log(`${this.ledger.name}: connection ${this.completion.id}: ${this.ledger.status}`);
      } else if (this.completion.opcode === WC_RECV) this.received(<u32>this.completion.id);
    }
    return any;
  }

  private received(index: u32): void {
    this.ledger.received(index, this.bundle.receivedNumber(index));
    this.bundle.postReceive(index);
    this.send(this.leads ? this.bundle.further(index, this.stride) : index);
  }

  private send(index: u32): void {
    this.bundle.send(index, this.ledger.nextNumber(index));
  }
}

function workingSet(): WorkingSet {
  const size = new WorkingSetOptions();
  size.cold = <u32>numberArgument("cold", 16) * MIB;
  size.hot = <u32>numberArgument("hot", 2) * MIB;
  size.pagesPerStep = numberArgument("dirty", 0) !== 0 ? <u32>numberArgument("pages", 16) : 0;
  return new WorkingSet(7, size);
}

export function main(): i32 {
  const name = argument("name", "alice");
  const peers = argument("peer", "bob").split(",");
  const count = <u32>numberArgument("qps", 256);
  const active = <u32>min<i64>(numberArgument("active", 1), count);
  const sweep = numberArgument("sweep", 0) !== 0;
  const memory = workingSet();
  const ledger = new Ledger(name, peers, count);
  const bundle = new Bundle(peers, count, active);
  const trouble = bundle.connect(name);
  if (trouble !== null) {
    log(`${name}: ${trouble}`);
    return 1;
  }
  log(`${name} <-> ${peers.join(", ")}: ${bundle.count} connections`);
  // Messages under way stay `active` apart, so that no two meet on a connection.
  new Many(bundle, ledger, memory, name < peers[0], sweep ? active : 0).run(active);
  ledger.finish(memory.isIntact());
  return ledger.verified ? 0 : 1;
}
