// What a rank must know of another to connect to it.

@final
export class RankAddress {
  constructor(
    readonly vlid: u32,
    /** The first PSN of its requests, to everybody. */
    readonly psn: u32,
    /** Its queue pair for each rank; 0 at its own. */
    readonly queuePairs: u32[],
  ) {}

  toText(): string {
    return `${this.vlid} ${this.psn} ${this.queuePairs.join(" ")}`;
  }

  /** Null when the text is not the address of a rank among so many. */
  static parse(text: string, ranks: i32): RankAddress | null {
    const fields = text.split(" ");
    if (fields.length !== ranks + 2) return null;
    const queuePairs: u32[] = [];
    for (let i = 0; i < ranks; i++) queuePairs.push(U32.parseInt(fields[2 + i]));
    return new RankAddress(U32.parseInt(fields[0]), U32.parseInt(fields[1]), queuePairs);
  }
}
