/** Below this a loop is faster than making a view for `set`. */
const LOOP_BYTES_MAX = 64;

/** Copies `count` bytes; both ranges must lie inside their arrays. */
export function copyBytes(to: Uint8Array, toAt: number, from: Uint8Array, fromAt: number, count: number): void {
  if (count > LOOP_BYTES_MAX) {
    to.set(from.subarray(fromAt, fromAt + count), toAt);
    return;
  }
  for (let i = 0; i < count; i++) to[toAt + i] = from[fromAt + i] as number;
}
