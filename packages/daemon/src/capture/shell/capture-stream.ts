interface Piece {
  readonly blocks: Uint8Array;
  readonly from: string | null;
}

export interface CaptureStreamEvents {
  /** So many bytes from this host have been read. */
  readonly onRead: (from: string, bytes: number) => void;
  /** The reader has gone. */
  readonly onClose: () => void;
}

/** A capture on its way to its reader. It holds no more than the hosts' credits let them send. */
export class CaptureStream {
  readonly id: string;
  readonly #events: CaptureStreamEvents;
  readonly #pieces: Piece[] = [];
  #ended = false;
  #wake: () => void = () => {};

  constructor(id: string, events: CaptureStreamEvents) {
    this.id = id;
    this.#events = events;
  }

  push(blocks: Uint8Array, from: string | null): void {
    this.#pieces.push({ blocks, from });
    this.#wake();
  }

  /** Nothing more will be pushed. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Hands everything to `write`, one piece after the other, until the end. */
  async pump(write: (bytes: Uint8Array) => Promise<unknown>): Promise<void> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece) {
        await write(piece.blocks);
        if (piece.from !== null) this.#events.onRead(piece.from, piece.blocks.length);
      } else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** The reader has gone. */
  close(): void {
    this.#events.onClose();
  }
}
