/** A broken invariant is a bug: say what was expected and stop. Faults of the world are `NomadError`s instead. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`);
}

/** The default branch of an exhaustive `switch`. */
export function unreachable(value: never): never {
  throw new Error(`broken invariant: unexpected value ${JSON.stringify(value)}`);
}
