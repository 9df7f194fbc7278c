// What one side must know of the other, exchanged by rendezvous.

@final
export class PeerAddress {
  vlid: u32 = 0;
  vqpn: u32 = 0;
  psn: u32 = 0;
  seed: u32 = 0;
  writeAddress: u32 = 0;
  writeKey: u32 = 0;
  sourceAddress: u32 = 0;
  sourceKey: u32 = 0;
  countersAddress: u32 = 0;
  countersKey: u32 = 0;

  toText(): string {
    const queuePair = `${this.vlid} ${this.vqpn} ${this.psn} ${this.seed}`;
    const areas = `${this.writeAddress} ${this.writeKey} ${this.sourceAddress} ${this.sourceKey}`;
    return `${queuePair} ${areas} ${this.countersAddress} ${this.countersKey}`;
  }

  /** Null when the text is not such an address. */
  static parse(text: string): PeerAddress | null {
    const fields = text.split(" ");
    if (fields.length !== 10) return null;
    const address = new PeerAddress();
    address.vlid = U32.parseInt(fields[0]);
    address.vqpn = U32.parseInt(fields[1]);
    address.psn = U32.parseInt(fields[2]);
    address.seed = U32.parseInt(fields[3]);
    address.writeAddress = U32.parseInt(fields[4]);
    address.writeKey = U32.parseInt(fields[5]);
    address.sourceAddress = U32.parseInt(fields[6]);
    address.sourceKey = U32.parseInt(fields[7]);
    address.countersAddress = U32.parseInt(fields[8]);
    address.countersKey = U32.parseInt(fields[9]);
    return address;
  }
}
