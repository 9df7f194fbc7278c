import type { Patch } from "./message.ts";

interface Area {
  readonly bytes: Uint8Array;
  /** As both sides had it last. */
  readonly known: Buffer;
}

/** Memory that two processes have: each tells the other what it has changed, with whatever they say to each other. */
export class SharedMemory {
  readonly #areas = new Map<number, Area>();

  add(on: number, bytes: Uint8Array): void {
    this.#areas.set(on, { bytes, known: Buffer.from(bytes) });
  }

  /** What this side has changed since it was asked last. */
  changes(): Patch[] {
    return [...this.#areas].flatMap(([on, { bytes, known }]) => {
      if (known.equals(bytes)) return [];
      const at = bytes.findIndex((byte, i) => byte !== known[i]);
      const end = bytes.findLastIndex((byte, i) => byte !== known[i]) + 1;
      known.set(bytes.subarray(at, end), at);
      return [{ on, at, bytes: Uint8Array.from(bytes.subarray(at, end)) }];
    });
  }

  apply(patches: readonly Patch[]): void {
    for (const { on, at, bytes } of patches) {
      const area = this.#areas.get(on);
      area?.bytes.set(bytes, at);
      area?.known.set(bytes, at);
    }
  }

  clear(): void {
    this.#areas.clear();
  }
}
