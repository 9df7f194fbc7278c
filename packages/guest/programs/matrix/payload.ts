// The bytes of message `number`: a function of the number alone, so that either side can tell whether they are right.

/** Bytes of its number at the head of a message, if it is as long. */
const HEAD: u32 = 4;

function next(state: u32): u32 {
  let x = state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return x;
}

function seedOf(number: u32): u32 {
  return (number * 2654435761) | 1;
}

export function fill(address: u32, size: u32, number: u32): void {
  let state = seedOf(number);
  for (let at: u32 = 0; at < size; at++) {
    if ((at & 3) === 0) state = at === 0 ? number : next(at === HEAD ? seedOf(number) : state);
    store<u8>(address + at, <u8>(state >> ((at & 3) << 3)));
  }
}

export function isPayload(address: u32, size: u32, number: u32): bool {
  let state = seedOf(number);
  for (let at: u32 = 0; at < size; at++) {
    if ((at & 3) === 0) state = at === 0 ? number : next(at === HEAD ? seedOf(number) : state);
    if (load<u8>(address + at) !== <u8>(state >> ((at & 3) << 3))) return false;
  }
  return true;
}

/** The number of a message that came when `expected` was due: as much of it as there is says which one it is. */
export function numberOf(address: u32, size: u32, expected: u32): u32 {
  if (size === 0) return expected;
  if (size >= HEAD) return load<u32>(address);
  return expected + <u32>(<i32>(<i8>(load<u8>(address) - <u8>expected)));
}
