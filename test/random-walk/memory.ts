import { assert } from "@nomad/base";
import type { Context, HeapBuffer } from "@nomad/verbs";

/** Memory of a program's, and what should be in it. */
export class ModelledMemory implements Disposable {
  readonly buffer: HeapBuffer;
  readonly #expected: Buffer;

  constructor(context: Context, bytes: number) {
    this.buffer = context.alloc(bytes);
    this.#expected = Buffer.alloc(bytes);
  }

  get address(): number {
    return this.buffer.address;
  }

  /** The program writes. */
  write(offset: number, bytes: Uint8Array): void {
    this.buffer.bytes.set(bytes, offset);
    this.#expected.set(bytes, offset);
  }

  /** The adapter is to write. */
  expect(offset: number, bytes: Uint8Array): void {
    this.#expected.set(bytes, offset);
  }

  /** A copy of what should be there. */
  expected(offset: number, length: number): Buffer {
    return Buffer.from(this.#expected.subarray(offset, offset + length));
  }

  /** Takes what is there for what should be: where the transport promises nothing. */
  accept(offset: number, length: number): void {
    this.#expected.set(this.buffer.bytes.subarray(offset, offset + length), offset);
  }

  verify(): void {
    if (this.buffer.bytes.equals(this.#expected)) return;
    const at = this.#expected.findIndex((byte, i) => byte !== this.buffer.bytes[i]);
    const [is, should] = [this.buffer.bytes[at], this.#expected[at]];
    assert(false, `byte ${at} of ${this.#expected.length} is ${is}, and should be ${should}`);
  }

  [Symbol.dispose](): void {
    this.buffer.free();
  }
}
