// One buffer for the intermediate data of collective operations; no two need it at a time.

let buffer: usize = 0;
let room: u32 = 0;

/** At least `bytes`, until the next call. */
export function scratch(bytes: u32): usize {
  if (bytes > room) {
    if (buffer !== 0) heap.free(buffer);
    room = bytes;
    buffer = heap.alloc(bytes);
  }
  return buffer;
}
