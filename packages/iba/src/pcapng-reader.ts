import type { Direction } from "./pcapng.ts";
import * as pcapng from "./pcapng.ts";
import { type Block, BlockSplitter, captureFault } from "./pcapng-blocks.ts";
import { forEachOption, textOf, timeUnit } from "./pcapng-options.ts";

/** A frame as it was captured. */
export interface CapturedFrame {
  /** Name of the interface, or its number when it has none. */
  readonly interface: string;
  /** Since 1970. */
  readonly timeNs: bigint;
  readonly frame: Uint8Array;
  /** Bytes it had on the wire; more than `frame` has when the capture cut it. */
  readonly wireBytes: number;
  readonly linkType: number;
  readonly direction: Direction;
  readonly comment: string;
}

/** Reads a capture piece by piece. */
export interface CaptureReader {
  /** The frames that are complete now. Throws E_CAPTURE_FILE. */
  push(chunk: Uint8Array): CapturedFrame[];
  /** No more will come. Throws E_CAPTURE_FILE when the capture is cut. */
  end(): void;
  /** Packets that found no room while capturing, as far as the capture says. */
  readonly dropped: number;
}

interface Interface {
  readonly name: string;
  readonly linkType: number;
  /** A time stamp's unit: `numerator / denominator` nanoseconds. */
  readonly unit: { readonly numerator: bigint; readonly denominator: bigint };
  readonly offsetNs: bigint;
  dropped: number;
}

const INTERFACES_MAX = 4096;
const PACKET_FIELDS = 28;
const STATISTICS_FIELDS = 20;

/** Reads pcapng of either byte order; blocks of unknown types are passed over, as the format wants it. */
export class PcapngReader implements CaptureReader {
  readonly #blocks = new BlockSplitter();
  #interfaces: Interface[] = [];
  #droppedBefore = 0;

  push(chunk: Uint8Array): CapturedFrame[] {
    const frames: CapturedFrame[] = [];
    for (const block of this.#blocks.push(chunk)) {
      const frame = this.#block(block);
      if (frame !== null) frames.push(frame);
    }
    return frames;
  }

  end(): void {
    this.#blocks.end();
  }

  get dropped(): number {
    return this.#interfaces.reduce((sum, { dropped }) => sum + dropped, this.#droppedBefore);
  }

  #block(block: Block): CapturedFrame | null {
    switch (block.type) {
      case pcapng.BLOCK_SECTION:
        this.#droppedBefore = this.dropped;
        this.#interfaces = [];
        return null;
      case pcapng.BLOCK_INTERFACE:
        this.#describe(block);
        return null;
      case pcapng.BLOCK_STATISTICS:
        this.#statistics(block);
        return null;
      case pcapng.BLOCK_PACKET:
        return this.#packet(block);
      case pcapng.BLOCK_SIMPLE_PACKET:
        throw captureFault("it has packets without a time (simple packet blocks)");
      default:
        return null;
    }
  }

  #describe(block: Block): void {
    if (this.#interfaces.length === INTERFACES_MAX) throw captureFault(`more than ${INTERFACES_MAX} interfaces`);
    need(block, 20);
    let name = String(this.#interfaces.length);
    let unit = timeUnit(6);
    let offsetNs = 0n;
    forEachOption(block, 16, (code, value) => {
      if (code === pcapng.OPTION_NAME) name = textOf(value);
      else if (code === pcapng.OPTION_TIME_RESOLUTION && value.length === 1) unit = timeUnit(value[0] as number);
      else if (code === pcapng.OPTION_TIME_OFFSET && value.length === 8)
        offsetNs = viewOf(value).getBigInt64(0, block.littleEndian) * 1_000_000_000n;
    });
    const linkType = block.view.getUint16(8, block.littleEndian);
    this.#interfaces.push({ name, linkType, unit, offsetNs, dropped: 0 });
  }

  #packet(block: Block): CapturedFrame {
    need(block, PACKET_FIELDS + 4);
    const { view, littleEndian: le, bytes } = block;
    const { name, linkType, unit, offsetNs } = this.#interface(view.getUint32(8, le));
    const captured = view.getUint32(20, le);
    const end = PACKET_FIELDS + captured;
    if (end > bytes.length - 4) throw captureFault("a packet longer than its block");
    const ticks = (BigInt(view.getUint32(12, le)) << 32n) | BigInt(view.getUint32(16, le));
    let comment = "";
    let direction: Direction = "unknown";
    forEachOption(block, PACKET_FIELDS + ((captured + 3) & ~3), (code, value) => {
      if (code === pcapng.OPTION_COMMENT) comment = textOf(value);
      else if (code === pcapng.OPTION_FLAGS && value.length === 4)
        direction = pcapng.directions[viewOf(value).getUint32(0, le) & 3] ?? "unknown";
    });
    return {
      interface: name,
      timeNs: (ticks * unit.numerator) / unit.denominator + offsetNs,
      frame: bytes.subarray(PACKET_FIELDS, end),
      wireBytes: view.getUint32(24, le),
      linkType,
      direction,
      comment,
    };
  }

  #statistics(block: Block): void {
    need(block, STATISTICS_FIELDS + 4);
    const { view, littleEndian } = block;
    const counted = this.#interface(view.getUint32(8, littleEndian));
    forEachOption(block, STATISTICS_FIELDS, (code, value) => {
      if (code === pcapng.OPTION_DROPPED && value.length === 8)
        counted.dropped = Number(viewOf(value).getBigUint64(0, littleEndian));
    });
  }

  #interface(number: number): Interface {
    const found = this.#interfaces[number];
    if (found === undefined) throw captureFault(`it names interface ${number}, which it does not describe`);
    return found;
  }
}

function need(block: Block, bytes: number): void {
  if (block.bytes.length < bytes) throw captureFault(`a block of type ${block.type} that is too short`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
