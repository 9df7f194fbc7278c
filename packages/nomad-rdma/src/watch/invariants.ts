/** How an invariant of the design shows outside of a lab's processes; null: inside only, where the simulation checks it. */
export interface Observed {
  readonly what: string;
  readonly by: string | null;
}

/** The ten that must always hold, by number. */
export const invariants: Readonly<Record<number, Observed>> = {
  1: { what: "RC: every message once, in order, intact", by: "guests' reports, while they run and at their end" },
  2: { what: "each write and atomic takes effect exactly once", by: "guests' reports at their end" },
  3: { what: "each work request completes once, in order", by: null },
  4: {
    what: "a guest runs in one place, with the memory it stopped with",
    by: "its owner, shares of adapters at all hosts, digests of each move",
  },
  5: { what: "a handle keeps its value and meaning", by: "guests of the workload matrix, at their end" },
  6: { what: "old names give access to nothing", by: null },
  7: { what: "no access but to what was registered and keyed", by: null },
  8: { what: "an abort leaves all as it was", by: "the guest runs where it was, and its reports" },
  9: { what: "what central has journaled is finished or undone", by: "epochs of guests never go back" },
  10: { what: "guests of a dead host are reported lost", by: "the states of hosts and guests" },
};
