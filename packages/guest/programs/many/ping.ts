// memory: 16 MiB
// Two of these send a message of 64 bytes to and fro, one at a time. The side with the smaller name measures every round
// trip; when it is asked to end it prints them (series.ts). For what a program sees while its peer, or it, moves.
//
// Arguments: name, peer; bucket (us of a line's time). Exit code: 0 when every message came in its turn.
import { WC_RECV, WC_SUCCESS } from "nomad/abi";
import { argument, numberArgument } from "nomad/arguments";
import { log } from "nomad/log";
import { statusName, WorkCompletion } from "nomad/verbs";
import { clock, shutdownRequested } from "nomad/vmm";
import { Bundle } from "./bundle.ts";
import { Ledger } from "./ledger.ts";
import { Series } from "./series.ts";

const MICROSECOND: i64 = 1000;
/** The longest sleep, ns. */
const SLEEP: i64 = 10_000_000;

@final
class Ping {
  private readonly completion: WorkCompletion = new WorkCompletion();
  private sentAt: i64 = 0;

  constructor(
    private readonly bundle: Bundle,
    private readonly ledger: Ledger,
    /** Of the side that measures. */
    private readonly series: Series | null,
  ) {}

  run(): void {
    if (this.series !== null) this.send();
    while (this.ledger.status === "ok" && !shutdownRequested()) {
      if (this.bundle.cq.poll(this.completion)) this.take();
      else this.bundle.cq.waitForEvent(SLEEP);
    }
  }

  private take(): void {
    const status = this.completion.status;
    const opcode = this.completion.opcode;
    if (status !== WC_SUCCESS) this.ledger.status = statusName(status);
    else if (opcode === WC_RECV) this.received();
  }

  private received(): void {
    const series = this.series;
    if (series !== null) series.add(this.sentAt, clock());
    this.ledger.received(0, this.bundle.receivedNumber(0));
    this.bundle.postReceive(0);
    this.send();
  }

  private send(): void {
    this.sentAt = clock();
    this.bundle.send(0, this.ledger.nextNumber(0));
  }
}

export function main(): i32 {
  const name = argument("name", "alice");
  const peers = [argument("peer", "bob")];
  const bundle = new Bundle(peers, 1, 1);
  const ledger = new Ledger(name, peers, 1);
  const trouble = bundle.connect(name);
  if (trouble !== null) {
    log(`${name}: ${trouble}`);
    return 1;
  }
  const measures = name < peers[0];
  ledger.tell();
  log(`${name}: began`);
  const series = measures ? new Series(clock(), MICROSECOND * numberArgument("bucket", 5000)) : null;
  new Ping(bundle, ledger, series).run();
  ledger.finish(true);
  if (series !== null) series.print();
  return ledger.verified ? 0 : 1;
}
