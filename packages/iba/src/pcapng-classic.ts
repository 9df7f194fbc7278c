import { captureFault, joined } from "./pcapng-blocks.ts";
import { type CapturedFrame, type CaptureReader, PcapngReader } from "./pcapng-reader.ts";

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const FRAME_BYTES_MAX = 256 * 1024;

/** Nanoseconds of a fraction's unit by the first four bytes of the file, as they stand. */
const magics: Readonly<Record<string, { readonly unitNs: bigint; readonly littleEndian: boolean }>> = {
  d4c3b2a1: { unitNs: 1000n, littleEndian: true },
  a1b2c3d4: { unitNs: 1000n, littleEndian: false },
  "4d3cb2a1": { unitNs: 1n, littleEndian: true },
  a1b23c4d: { unitNs: 1n, littleEndian: false },
};

/** Reads a classic pcap file, of either byte order, with micro- or nanoseconds. */
class PcapReader implements CaptureReader {
  readonly dropped = 0;
  readonly #unitNs: bigint;
  readonly #littleEndian: boolean;
  #rest = new Uint8Array();
  #linkType: number | null = null;

  constructor(unitNs: bigint, littleEndian: boolean) {
    this.#unitNs = unitNs;
    this.#littleEndian = littleEndian;
  }

  push(chunk: Uint8Array): CapturedFrame[] {
    const bytes = joined(this.#rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const frames: CapturedFrame[] = [];
    let at = 0;
    if (this.#linkType === null && bytes.length >= FILE_HEADER_BYTES) {
      this.#linkType = view.getUint32(20, this.#littleEndian) & 0xffff;
      at = FILE_HEADER_BYTES;
    }
    for (let next = this.#recordAt(view, at); next !== null; next = this.#recordAt(view, at)) {
      frames.push(next);
      at += RECORD_HEADER_BYTES + next.frame.length;
    }
    this.#rest = bytes.slice(at);
    return frames;
  }

  #recordAt(view: DataView, at: number): CapturedFrame | null {
    if (this.#linkType === null || view.byteLength - at < RECORD_HEADER_BYTES) return null;
    const word = (n: number) => view.getUint32(at + 4 * n, this.#littleEndian);
    const captured = word(2);
    if (captured > FRAME_BYTES_MAX) throw captureFault(`a packet of ${captured} bytes`);
    const start = at + RECORD_HEADER_BYTES;
    if (view.byteLength < start + captured) return null;
    return {
      interface: "0",
      timeNs: BigInt(word(0)) * 1_000_000_000n + BigInt(word(1)) * this.#unitNs,
      frame: new Uint8Array(view.buffer, view.byteOffset + start, captured),
      wireBytes: word(3),
      linkType: this.#linkType,
      direction: "unknown",
      comment: "",
    };
  }

  end(): void {
    if (this.#linkType === null || this.#rest.length > 0) throw captureFault("it ends inside a packet");
  }
}

/** Reads pcapng or classic pcap, as the first bytes say. */
export class AnyCaptureReader implements CaptureReader {
  #head = new Uint8Array();
  #reader: CaptureReader | null = null;

  push(chunk: Uint8Array): CapturedFrame[] {
    if (this.#reader !== null) return this.#reader.push(chunk);
    const bytes = joined(this.#head, chunk);
    this.#head = bytes.slice();
    if (bytes.length < 4) return [];
    const magic = magics[bytes.subarray(0, 4).toHex()];
    this.#reader = magic ? new PcapReader(magic.unitNs, magic.littleEndian) : new PcapngReader();
    return this.#reader.push(bytes);
  }

  end(): void {
    if (this.#reader === null) throw captureFault("it is empty");
    this.#reader.end();
  }

  get dropped(): number {
    return this.#reader?.dropped ?? 0;
  }
}
