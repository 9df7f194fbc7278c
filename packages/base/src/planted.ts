/**
 * Bugs that the simulation's own tests plant, to show that each would be found. A core asks `planted(name)` at the one
 * place where it would go wrong; nothing but a simulation ever turns one on.
 */
export const plantedBugs = {
  "skip-drain": "the source says SUSPENDED while its guest's work is still under way",
  "skip-gate": "the send queues towards a moving guest stay open",
  "stale-name": "a work request keeps the remote key that it was translated to before the peer moved",
  "commit-before-disk": "COMMITTED is told before it is on disk",
  "duplicate-atomic": "a duplicate atomic is executed again",
  "lost-wake-up": "a send queue that is let go is not looked at again",
  "complete-twice": "a send work request completes twice when it was sent twice",
  "accept-reordered": "a request ahead of its turn is executed all the same",
  "abort-forgets-peers": "an abort does not tell the peers' hosts",
  "reused-epoch": "an abort does not burn its epoch",
  "digests-not-compared": "COMMITTED does not need equal digests",
  "resume-without-token": "whoever asks may resume the peers of a move",
  "run-at-bind": "the destination runs the guest before the move is decided",
  "skip-detach": "the adapter goes on with a stopped guest's memory",
  "keep-old-keys": "keys of the old place are not freed",
  "no-bounds": "a key opens memory beyond its region",
  "lost-guest-untold": "guests of a dead host are not reported lost",
  "forgetful-inbox": "a request that comes again is executed again",
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
