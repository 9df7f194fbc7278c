import { assert } from "@nomad/base";

/** Where a block is to be written: it is all zeros there. */
export interface BlockSlot {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;
}

/** Blocks that wait to be sent, gathered into pieces, oldest first. What exceeds its bound is refused. */
export class CaptureBuffer {
  readonly #bytesMax: number;
  readonly #pieceBytes: number;
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  #piece: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #used = 0;
  #bytes = 0;

  /** `bytesMax`: of all that waits; `pieceBytes`: of one piece, and so of the largest block. */
  constructor(bytesMax: number, pieceBytes: number) {
    this.#bytesMax = bytesMax;
    this.#pieceBytes = pieceBytes;
    this.#piece = new Uint8Array(pieceBytes);
    this.#view = new DataView(this.#piece.buffer);
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Is a piece complete? */
  get full(): boolean {
    return this.#full.length > 0;
  }

  /** Room for a block of this size, which counts as written; null when too much waits. */
  reserve(blockBytes: number): BlockSlot | null {
    assert(blockBytes <= this.#pieceBytes, "a block fits a piece");
    if (this.#bytes + blockBytes > this.#bytesMax) return null;
    if (this.#used + blockBytes > this.#pieceBytes) this.#close();
    const at = this.#used;
    this.#used += blockBytes;
    this.#bytes += blockBytes;
    return { bytes: this.#piece, view: this.#view, at };
  }

  /** The oldest piece, be it complete or not; null when nothing waits. */
  take(): Uint8Array<ArrayBuffer> | null {
    if (!this.full && this.#used > 0) this.#close();
    const piece = this.#full.shift();
    if (piece === undefined) return null;
    this.#bytes -= piece.length;
    return piece;
  }

  #close(): void {
    this.#full.push(this.#piece.subarray(0, this.#used));
    this.#piece = new Uint8Array(this.#pieceBytes);
    this.#view = new DataView(this.#piece.buffer);
    this.#used = 0;
  }
}
