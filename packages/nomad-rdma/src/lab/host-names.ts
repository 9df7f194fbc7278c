const letters = "abcdefghijklmnopqrstuvwxyz";

/** Names for `count` hosts that one can guess: host-a to host-z, then host-aa and so on. */
export function hostNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `host-${suffix(i)}`);
}

function suffix(index: number): string {
  const last = letters[index % letters.length] as string;
  return index < letters.length ? last : suffix(Math.floor(index / letters.length) - 1) + last;
}
