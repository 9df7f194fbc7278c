export interface RoundSize {
  readonly pages: number;
}

export type Verdict = "again" | "converged" | "diverged";

/** So few dirty pages that stopping for them costs less than another round. */
const fewPages = 64;
/** A round that is not at least this much smaller than the one before will not get smaller. */
const shrinkMin = 0.8;

/**
 * Is another round of pre-copy worth its while? `converged`: what is left is small; `diverged`: it will not get smaller, or
 * rounds or time are used up. The first round carries everything, so that it takes two to tell. `rounds` are those since
 * the guest runs at its present speed.
 */
export function verdictOn(
  rounds: readonly RoundSize[],
  o: { readonly roundsLeft: number; readonly timeIsUp: boolean },
): Verdict {
  const [before, last] = [rounds.at(-2)?.pages, rounds.at(-1)?.pages];
  if (before === undefined || last === undefined) return o.roundsLeft <= 0 ? "diverged" : "again";
  if (last <= fewPages) return "converged";
  if (rounds.length > 2 && last > before * shrinkMin) return "diverged";
  return o.roundsLeft <= 0 || o.timeIsUp ? "diverged" : "again";
}
