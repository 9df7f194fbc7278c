import { type Block, BlockSplitter, type CapturedFrame, PcapngReader } from "@nomad/iba";

/** What has come in one piece: whole blocks to pass on, and the packets in them. */
export interface Taken {
  readonly blocks: readonly Uint8Array[];
  readonly frames: readonly CapturedFrame[];
}

/** Takes a capture as it streams in: cuts it at blocks, so that what is kept is valid at any time, and counts. */
export class CaptureIntake {
  readonly #splitter = new BlockSplitter();
  readonly #reader = new PcapngReader();
  readonly #packetsMax: number;
  packets = 0;
  bytes = 0;

  /** What comes behind the `packetsMax`th packet is left out, but for blocks that are no packets. */
  constructor(packetsMax = Number.POSITIVE_INFINITY) {
    this.#packetsMax = packetsMax;
  }

  get full(): boolean {
    return this.packets >= this.#packetsMax;
  }

  /** Packets that found no room, as told at the end of the capture. */
  get dropped(): number {
    return this.#reader.dropped;
  }

  /** Throws E_CAPTURE_FILE when it is not pcapng. */
  push(chunk: Uint8Array): Taken {
    const blocks: Uint8Array[] = [];
    const frames: CapturedFrame[] = [];
    for (const block of this.#splitter.push(chunk)) {
      const frame = this.#read(block);
      if (frame !== undefined && this.full) continue;
      blocks.push(block.bytes);
      this.bytes += block.bytes.length;
      if (frame === undefined) continue;
      frames.push(frame);
      this.packets++;
    }
    return { blocks, frames };
  }

  #read({ bytes }: Block): CapturedFrame | undefined {
    return this.#reader.push(bytes)[0];
  }
}
