import { PAGE_BYTES } from "@nomad/abi";
import { frameBufferBytes, frameLeadBytes, framePagesMax } from "./bulk-frame.ts";
import { hashWords, PageHasher } from "./page-hasher.ts";

const wasmPageBytes = 65_536;

/** A frame that is being filled with copies of pages. */
export interface FrameBuffer {
  readonly bytes: Uint8Array;
  /** Numbers of the pages copied so far. */
  readonly pages: number[];
}

/** The buffers of one source: so many frames may be under way, and no more. They are hashed where they are. */
export class FrameBuffers {
  readonly #hasher: PageHasher;
  readonly #free: FrameBuffer[] = [];
  readonly #waiting: ((buffer: FrameBuffer) => void)[] = [];
  readonly #hashes = new Int32Array(framePagesMax * hashWords);

  constructor(module: WebAssembly.Module, count: number) {
    const wasmPages = Math.ceil((count * frameBufferBytes) / wasmPageBytes);
    const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages, shared: true });
    this.#hasher = new PageHasher(module, memory);
    for (let i = 0; i < count; i++) {
      this.#free.push({ bytes: new Uint8Array(memory.buffer, i * frameBufferBytes, frameBufferBytes), pages: [] });
    }
  }

  /** An empty buffer, as soon as there is one. */
  take(): Promise<FrameBuffer> {
    const buffer = this.#free.pop();
    return buffer ? Promise.resolve(buffer) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(buffer: FrameBuffer): void {
    buffer.pages.length = 0;
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#free.push(buffer);
  }

  /** Adds a copy of a page; true when the buffer is full. */
  copy(buffer: FrameBuffer, memory: Buffer, page: number): boolean {
    const to = frameLeadBytes + buffer.pages.length * PAGE_BYTES;
    // Not Uint8Array.set: Buffer's copy is half again as fast on shared memory.
    memory.copy(buffer.bytes, to, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    return buffer.pages.push(page) === framePagesMax;
  }

  /** Hashes of the copies in the buffer, in their order; valid until the next call. */
  hashes(buffer: FrameBuffer): Int32Array {
    const first = (buffer.bytes.byteOffset + frameLeadBytes) / PAGE_BYTES;
    this.#hasher.hash(first, buffer.pages.length, this.#hashes);
    return this.#hashes;
  }
}
