// The header in front of everything that is sent. All SENDs of a direction are numbered through; the header also returns
// what the other side may use again, as totals, so that none of it can get lost or count twice.

/** A message with its payload behind the header. */
export const KIND_DATA: u32 = 1;
/** An RDMA WRITE is in place: its payload is in one of our slots. */
export const KIND_WRITTEN: u32 = 2;
/** Only what may be used again. */
export const KIND_CREDIT: u32 = 3;
/** The last message: how much there was. */
export const KIND_FIN: u32 = 4;

/** What this side gives back to the other, counted from the start. */
@final
export class Returns {
  receives: u32 = 0;
  bigSends: u32 = 0;
  writes: u32 = 0;
  bigWrites: u32 = 0;

  copy(from: Returns): void {
    this.receives = from.receives;
    this.bigSends = from.bigSends;
    this.writes = from.writes;
    this.bigWrites = from.bigWrites;
  }

  equals(other: Returns): bool {
    return (
      this.receives === other.receives &&
      this.bigSends === other.bigSends &&
      this.writes === other.writes &&
      this.bigWrites === other.bigWrites
    );
  }
}

/** What one side has posted, by kind. */
@final
export class Totals {
  sends: u32 = 0;
  writes: u32 = 0;
  fetchAdds: u32 = 0;
  swaps: u32 = 0;
}

/** The header at an address in memory: 64 bytes. One object serves many messages: garbage would have to be collected. */
@final
export class Message {
  constructor(public at: u32 = 0) {}

  get kind(): u32 {
    return load<u32>(this.at);
  }

  /** Number of this SEND among all of its direction. */
  get sequence(): u32 {
    return load<u32>(this.at, 4);
  }

  get bytes(): u32 {
    return load<u32>(this.at, 8);
  }

  /** KIND_WRITTEN: where in the target's area. */
  get offset(): u32 {
    return load<u32>(this.at, 12);
  }

  get checksum(): u64 {
    return load<u64>(this.at, 16);
  }

  write(kind: u32, sequence: u32, bytes: u32, offset: u32, checksum: u64): void {
    store<u32>(this.at, kind);
    store<u32>(this.at, sequence, 4);
    store<u32>(this.at, bytes, 8);
    store<u32>(this.at, offset, 12);
    store<u64>(this.at, checksum, 16);
  }

  writeReturns(returns: Returns): void {
    store<u32>(this.at, returns.receives, 24);
    store<u32>(this.at, returns.bigSends, 28);
    store<u32>(this.at, returns.writes, 32);
    store<u32>(this.at, returns.bigWrites, 36);
  }

  readReturns(into: Returns): void {
    into.receives = load<u32>(this.at, 24);
    into.bigSends = load<u32>(this.at, 28);
    into.writes = load<u32>(this.at, 32);
    into.bigWrites = load<u32>(this.at, 36);
  }

  writeTotals(totals: Totals): void {
    store<u32>(this.at, totals.sends, 40);
    store<u32>(this.at, totals.writes, 44);
    store<u32>(this.at, totals.fetchAdds, 48);
    store<u32>(this.at, totals.swaps, 52);
  }

  readTotals(into: Totals): void {
    into.sends = load<u32>(this.at, 40);
    into.writes = load<u32>(this.at, 44);
    into.fetchAdds = load<u32>(this.at, 48);
    into.swaps = load<u32>(this.at, 52);
  }
}
