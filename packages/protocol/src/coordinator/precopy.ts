export interface RoundSize {
  readonly pages: number;
}

/** So few dirty pages that stopping for them costs less than another round. */
const fewPages = 64;
/** A round that is not at least this much smaller than the one before will not get smaller. */
const shrinkMin = 0.8;

/**
 * Is another round of pre-copy worth its while? `converged`: what is left is small, or as small as it will get;
 * `given-up`: rounds or time are used up. The first round carries everything, so that it takes two to tell.
 */
export function converged(
  rounds: readonly RoundSize[],
  o: { readonly roundsMax: number; readonly timeIsUp: boolean },
): "again" | "converged" | "given-up" {
  const [before, last] = [rounds.at(-2)?.pages, rounds.at(-1)?.pages];
  if (before === undefined || last === undefined) return rounds.length >= o.roundsMax ? "given-up" : "again";
  if (last <= fewPages) return "converged";
  if (rounds.length > 2 && last > before * shrinkMin) return "converged";
  return rounds.length >= o.roundsMax || o.timeIsUp ? "given-up" : "again";
}
