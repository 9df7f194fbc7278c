/** Ends the guest with `message` unless the condition holds (asc's `assert` is compiled out of images). */
export function check(condition: bool, message: string): void {
  if (!condition) throw new Error(message);
}
