// What the program has seen, as it reports it.
import { log, report } from "nomad/log";
import { Totals } from "./message.ts";

@final
export class Tally {
  /** SENDs, WRITEs and READs posted. */
  sent: u32 = 0;
  readsPosted: u32 = 0;
  readsChecked: u32 = 0;
  sendsChecked: u32 = 0;
  writesChecked: u32 = 0;
  duplicated: u32 = 0;
  reordered: u32 = 0;
  corrupted: u32 = 0;
  /** Bytes of what was checked. */
  bytes: u64 = 0;
  /** Atomics of ours that brought back another old value than they had to. */
  atomicsWrong: u32 = 0;
  atomicsExpected: u64 = 0;
  atomicsActual: u64 = 0;
  lost: u32 = 0;
  memoryIntact: bool = true;
  /** "ok", or libibverbs' name of the first error. */
  status: string = "ok";
  finished: bool = false;

  constructor(
    readonly name: string,
    readonly peer: string,
  ) {}

  get delivered(): u32 {
    return this.sendsChecked + this.writesChecked + this.readsChecked;
  }

  /** What the peer says it sent, and we have not seen; and reads of ours that brought nothing. */
  countLost(peer: Totals): void {
    const expected = <i64>peer.sends + peer.writes + this.readsPosted;
    this.lost = <u32>max<i64>(0, expected - this.delivered - this.corrupted);
  }

  get verified(): bool {
    const whole = this.lost === 0 && this.duplicated === 0 && this.reordered === 0 && this.corrupted === 0;
    const atomics = this.atomicsWrong === 0 && this.atomicsExpected === this.atomicsActual;
    return this.finished && this.status === "ok" && whole && atomics && this.memoryIntact;
  }

  sendReport(): void {
    const counts =
      `"sent":${this.sent},"delivered":${this.delivered},"lost":${this.lost},"duplicated":${this.duplicated},` +
      `"reordered":${this.reordered},"corrupted":${this.corrupted},"bytes":${this.bytes}`;
    const connection = `{"peer":"${this.peer}","status":"${this.status}",${counts}}`;
    const atomics = `{"expected":${this.atomicsExpected},"actual":${this.atomicsActual}}`;
    report(
      `{"guest":"${this.name}","connections":[${connection}],"atomics":${atomics},"verified":${this.verified.toString()}}`,
    );
  }

  logTable(): void {
    log("connection            status      sent  delivered  lost  duplicated  reordered  corrupted  atomics");
    const connection = `${this.name} <-> ${this.peer}`.padEnd(20);
    const received = `${column(this.delivered, 11)}${column(this.lost, 6)}${column(this.duplicated, 12)}`;
    const wrong = `${column(this.reordered, 11)}${column(this.corrupted, 11)}`;
    const atomics = `  ${this.atomicsActual} of ${this.atomicsExpected}`;
    log(`${connection}${this.status.padStart(8)}${column(this.sent, 10)}${received}${wrong}${atomics}`);
    if (!this.memoryIntact) log("memory that nobody wrote to has changed");
    if (this.atomicsWrong > 0) log(`${this.atomicsWrong} atomics brought back a wrong old value`);
  }
}

function column(value: u32, width: i32): string {
  return value.toString().padStart(width);
}
