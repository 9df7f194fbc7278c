import { NomadError } from "@nomad/base";
import { BLOCK_SECTION, BYTE_ORDER_MAGIC } from "./pcapng.ts";

/** No block of a capture is larger: a frame has at most 256 KiB, and its options little more. */
export const BLOCK_BYTES_MAX = 1024 * 1024;
const HEAD_BYTES = 8;
const MAGIC_END = 12;
const LEAST_BYTES = 12;

/** One whole block. */
export interface Block {
  readonly type: number;
  /** From its type to its second length. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly littleEndian: boolean;
}

export function captureFault(what: string): NomadError {
  return new NomadError("E_CAPTURE_FILE", `not a capture that can be read: ${what}`);
}

/** Cuts a stream of bytes into pcapng blocks. */
export class BlockSplitter {
  #rest = new Uint8Array();
  #littleEndian = true;
  #inSection = false;

  /** The blocks that are complete now. Throws E_CAPTURE_FILE when what comes is no block. */
  push(chunk: Uint8Array): Block[] {
    const bytes = joined(this.#rest, chunk);
    const blocks: Block[] = [];
    let at = 0;
    for (let next = this.#blockAt(bytes, at); next !== null; next = this.#blockAt(bytes, at)) {
      blocks.push(next);
      at += next.bytes.length;
    }
    this.#rest = bytes.slice(at);
    return blocks;
  }

  /** The stream has ended. Throws E_CAPTURE_FILE when it ended inside a block, or held none. */
  end(): void {
    if (!this.#inSection) throw captureFault("it is empty, or not pcapng");
    if (this.#rest.length > 0) throw captureFault(`it ends inside a block, ${this.#rest.length} bytes after the last`);
  }

  #blockAt(bytes: Uint8Array, at: number): Block | null {
    const left = bytes.length - at;
    if (left < HEAD_BYTES) return null;
    const head = new DataView(bytes.buffer, bytes.byteOffset + at, left);
    // The type of a section header reads the same in both byte orders, and only its body tells which one holds.
    if (head.getUint32(0, true) === BLOCK_SECTION) {
      if (left < MAGIC_END) return null;
      this.#beginSection(head);
    } else if (!this.#inSection) throw captureFault("it does not begin with a section header");
    const littleEndian = this.#littleEndian;
    const total = head.getUint32(4, littleEndian);
    if (total % 4 !== 0 || total < LEAST_BYTES || total > BLOCK_BYTES_MAX)
      throw captureFault(`a block of ${total} bytes`);
    if (left < total) return null;
    if (head.getUint32(total - 4, littleEndian) !== total) throw captureFault("a block whose two lengths differ");
    const view = new DataView(head.buffer, head.byteOffset, total);
    const type = head.getUint32(0, littleEndian);
    return { type, bytes: bytes.subarray(at, at + total), view, littleEndian };
  }

  #beginSection(head: DataView): void {
    const little = head.getUint32(HEAD_BYTES, true) === BYTE_ORDER_MAGIC;
    if (!little && head.getUint32(HEAD_BYTES, false) !== BYTE_ORDER_MAGIC)
      throw captureFault("a section header without the byte-order magic");
    this.#littleEndian = little;
    this.#inSection = true;
  }
}

export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
