/** Ten invariants must always hold; their numbers and words are those of the design. */
export const invariants = {
  1: "every message is delivered once, in order, intact",
  2: "each RDMA write and each atomic takes effect exactly once",
  3: "each work request completes exactly once, in order, with its own id and status",
  4: "a guest runs in at most one place, and its memory at resume is its memory at stop",
  5: "a handle that the program holds keeps its value and its meaning",
  6: "a name of the old place gives access to nothing after the move",
  7: "no guest reaches memory that was not registered and keyed for it",
  8: "after an abort all is, as programs see it, as if the move had never begun",
  9: "what central has journaled is finished or undone, and nothing waits for ever",
  10: "a guest whose host is dead is reported lost, and its peers' queue pairs fail as on hardware",
} as const;

export type Invariant = keyof typeof invariants;

/** An invariant does not hold. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly invariant: Invariant;

  constructor(invariant: Invariant, what: string) {
    super(`invariant ${invariant} (${invariants[invariant]}): ${what}`);
    this.invariant = invariant;
  }
}

export function must(invariant: Invariant, condition: boolean, what: () => string): void {
  if (!condition) throw new Violation(invariant, what());
}

/**
 * The history goes on in a way that simulated guests cannot follow, and the seed ends without a verdict: a guest ran at
 * a host that died, nobody alive had noticed, and it goes back to the copy at its source. A real guest forgets what it
 * did there; the variables of a generator do not.
 */
export class BeyondModel extends Error {
  override readonly name = "BeyondModel";
}
