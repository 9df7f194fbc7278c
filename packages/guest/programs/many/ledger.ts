// What has been sent and received on each connection, and what is said of it.
import { report } from "nomad/log";

@final
export class Ledger {
  status: string = "ok";
  private readonly sent: StaticArray<u32>;
  private readonly taken: StaticArray<u32>;
  private sends: u32 = 0;
  private receives: u32 = 0;
  /** Connections that have carried anything. */
  private touched: u32 = 0;
  private lost: u32 = 0;
  private duplicated: u32 = 0;
  private intact: bool = false;

  constructor(
    readonly name: string,
    private readonly peer: string,
    count: u32,
  ) {
    this.sent = new StaticArray<u32>(count);
    this.taken = new StaticArray<u32>(count);
  }

  /** The number of the next message on a connection. */
  nextNumber(index: u32): u32 {
    this.sends++;
    if (this.sent[index] === 0) this.touched++;
    return ++this.sent[index];
  }

  received(index: u32, number: u32): void {
    const expected = this.taken[index] + 1;
    if (number > expected) this.lost += number - expected;
    if (number < expected) this.duplicated++;
    this.taken[index] = max(this.taken[index], number);
    this.receives++;
  }

  finish(intact: bool): void {
    this.intact = intact;
    this.tell();
  }

  get verified(): bool {
    return this.intact && this.status === "ok" && this.lost === 0 && this.duplicated === 0;
  }

  tell(): void {
    const counts = `"sent":${this.sends},"delivered":${this.receives},"lost":${this.lost},"duplicated":${this.duplicated}`;
    const rest = `"reordered":0,"corrupted":0,"bytes":${64 * <u64>this.receives}`;
    const connection = `{"peer":"${this.peer}","status":"${this.status}",${counts},${rest}}`;
    const verified = this.verified ? "true" : "false";
    report(`{"guest":"${this.name}","connections":[${connection}],"touched":${this.touched},"verified":${verified}}`);
  }
}
