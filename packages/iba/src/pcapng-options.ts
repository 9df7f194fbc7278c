import { OPTION_END } from "./pcapng.ts";
import { type Block, captureFault } from "./pcapng-blocks.ts";

const utf8 = new TextDecoder();

/** Calls `take` for each option of a block, which begin at `start` and end before its second length. */
export function forEachOption(block: Block, start: number, take: (code: number, value: Uint8Array) => void): void {
  const { view, bytes, littleEndian } = block;
  const end = bytes.length - 4;
  for (let at = start; at < end; ) {
    if (end - at < 4) throw captureFault("an option that is cut");
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (code === OPTION_END) return;
    const next = at + 4 + ((length + 3) & ~3);
    if (next > end) throw captureFault("an option longer than its block");
    take(code, bytes.subarray(at + 4, at + 4 + length));
    at = next;
  }
}

export function textOf(value: Uint8Array): string {
  return utf8.decode(value);
}

/** Nanoseconds of a time stamp's unit: 10^-n seconds, or 2^-n when the upper bit is set. */
export function timeUnit(resolution: number): { readonly numerator: bigint; readonly denominator: bigint } {
  const exponent = BigInt(resolution & 0x7f);
  const denominator = (resolution & 0x80 ? 2n : 10n) ** exponent;
  return { numerator: 1_000_000_000n, denominator };
}
