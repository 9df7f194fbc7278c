// What has been sent and received on each connection, and what is said of it.
import { report } from "nomad/log";

const BYTES: u64 = 64;

/** What went to and came from one peer. */
@final
class Account {
  sent: u32 = 0;
  taken: u32 = 0;
  lost: u32 = 0;
  duplicated: u32 = 0;

  get isClean(): bool {
    return this.lost === 0 && this.duplicated === 0;
  }

  toJson(peer: string, status: string): string {
    const counts = `"sent":${this.sent},"delivered":${this.taken},"lost":${this.lost},"duplicated":${this.duplicated}`;
    const rest = `"reordered":0,"corrupted":0,"bytes":${BYTES * this.taken}`;
    return `{"peer":"${peer}","status":"${status}",${counts},${rest}}`;
  }
}

@final
export class Ledger {
  status: string = "ok";
  private readonly sent: StaticArray<u32>;
  private readonly taken: StaticArray<u32>;
  private readonly accounts: Account[] = [];
  /** Connections that have carried anything. */
  private touched: u32 = 0;
  private intact: bool = false;

  /** @param perPeer connections to each */
  constructor(
    readonly name: string,
    private readonly peers: string[],
    private readonly perPeer: u32,
  ) {
    const count = <u32>peers.length * perPeer;
    this.sent = new StaticArray<u32>(count);
    this.taken = new StaticArray<u32>(count);
    for (let i = 0; i < peers.length; i++) this.accounts.push(new Account());
  }

  /** The number of the next message on a connection. */
  nextNumber(index: u32): u32 {
    this.accounts[index / this.perPeer].sent++;
    if (this.sent[index] === 0) this.touched++;
    return ++this.sent[index];
  }

  received(index: u32, number: u32): void {
    const account = this.accounts[index / this.perPeer];
    const expected = this.taken[index] + 1;
    if (number > expected) account.lost += number - expected;
    if (number < expected) account.duplicated++;
    this.taken[index] = max(this.taken[index], number);
    account.taken++;
  }

  finish(intact: bool): void {
    this.intact = intact;
    this.tell();
  }

  get verified(): bool {
    let clean = this.intact && this.status === "ok";
    for (let i = 0; i < this.accounts.length; i++) clean = clean && this.accounts[i].isClean;
    return clean;
  }

  tell(): void {
    const all: string[] = [];
    for (let i = 0; i < this.peers.length; i++) all.push(this.accounts[i].toJson(this.peers[i], this.status));
    const verified = this.verified ? "true" : "false";
    const rest = `"touched":${this.touched},"verified":${verified}`;
    report(`{"guest":"${this.name}","connections":[${all.join(",")}],${rest}}`);
  }
}
