/**
 * Bugs of the protocol that the simulation's tests plant, to show that each would be found. A core asks `planted(name)`
 * at the one place where it would go wrong; nothing but a simulation ever turns one on.
 */
export const plantedBugs = {
  "skip-gate": "the queue pairs towards a moving guest stay open",
  "idle-not-tested-at-peer": "a peer's queue pair counts as idle when the moving guest's end is",
  "stale-preview": "what was told of a running guest's queue pairs counts when it has stopped",
  "cut-completes-too-much": "after a cut, all that was sent counts as executed",
  "cut-redelivers": "after a cut, all that was not acknowledged is sent again",
  "stale-name": "the key that a name stood for before its owner moved is taken for the one of now",
  "keep-old-keys": "keys of the old place are not freed",
  "lost-wake-up": "a peer's send queue is not let go when the move has ended",
  "commit-before-disk": "COMMITTED is told before it is on disk",
  "reused-epoch": "an abort does not burn its epoch",
  "forgotten-fence": "a decided move is undone although peers may have seen the guest at its destination",
  "digests-not-compared": "COMMITTED does not need equal digests",
  "resume-without-token": "whoever asks may resume the peers of a move",
  "run-at-bind": "the destination runs the guest before the move is decided",
  "lost-guest-untold": "guests of a dead host are not reported lost",
  "forgetful-inbox": "a request that comes again is executed again",
  "late-page": "a page of an earlier round is written to memory when it comes late",
} as const;

export type PlantedBug = keyof typeof plantedBugs;

let present: PlantedBug | null = null;

/** Is this bug planted? */
export function planted(bug: PlantedBug): boolean {
  return present === bug;
}

/** Plant one bug in this thread, or (null) none. */
export function plant(bug: PlantedBug | null): void {
  present = bug;
}
