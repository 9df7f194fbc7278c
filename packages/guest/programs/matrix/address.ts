// What an end of a lane must know of the other, exchanged by rendezvous.

@final
export class Address {
  constructor(
    readonly vlid: u32,
    readonly control: u32,
    readonly data: u32,
    readonly memory: u32,
    readonly key: u32,
  ) {}

  toText(): string {
    return `${this.vlid} ${this.control} ${this.data} ${this.memory} ${this.key}`;
  }

  static parse(text: string): Address {
    const fields = text.split(" ");
    return new Address(
      U32.parseInt(fields[0]),
      U32.parseInt(fields[1]),
      U32.parseInt(fields[2]),
      U32.parseInt(fields[3]),
      U32.parseInt(fields[4]),
    );
  }
}
