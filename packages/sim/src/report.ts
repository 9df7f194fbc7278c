import { faultNames, strikable } from "./fault-plan.ts";
import { type PlanOptions, planOf } from "./plan.ts";
import type { Planting } from "./planting.ts";
import type { SeedResult } from "./run-seed.ts";
import { shrink } from "./shrink.ts";

/** From so many seeds on, each pair of phase and fault must have met, and each planted bug must be caught. */
export const judgedSeeds = 2000;

export interface SimFailure {
  readonly seed: number;
  readonly invariant: string;
  readonly message: string;
  /** The command line that runs it again, with no more faults than it takes. */
  readonly replay: string;
}

/** A planted bug, and how many seeds it took to be caught; 0 when it was not. */
export interface PlantedResult {
  readonly name: Planting;
  readonly caughtAfterSeeds: number;
}

export interface SimReport {
  readonly ok: boolean;
  readonly seeds: number;
  readonly seedsPerSecond: number;
  readonly failures: readonly SimFailure[];
  readonly planted: readonly PlantedResult[];
  readonly coverage: readonly { readonly phase: string; readonly fault: string; readonly times: number }[];
}

export interface SimOptions extends PlanOptions {
  readonly plant?: Planting | null;
}

/** So many failures are shrunk; one is enough to begin with. */
const shrunkMax = 5;

/** One report of the results of many seeds, whoever ran them: their order does not matter. */
export function reportOf(
  results: readonly SeedResult[],
  planted: readonly PlantedResult[],
  tookMs: number,
  options: SimOptions,
): SimReport {
  const ordered = [...results].sort((a, b) => a.seed - b.seed);
  const failures = ordered
    .filter(({ failure }) => failure)
    .map((result, i) => failureOf(result, options, i < shrunkMax));
  const coverage = coverageOf(ordered);
  const judged = results.length >= judgedSeeds;
  const allMet = !judged || coverage.every(({ times }) => times > 0);
  const allCaught = planted.every(({ caughtAfterSeeds }) => caughtAfterSeeds > 0);
  return {
    ok: failures.length === 0 && allMet && allCaught,
    seeds: results.length,
    seedsPerSecond: Math.round((10_000 * results.length) / tookMs) / 10,
    failures,
    planted,
    coverage,
  };
}

function failureOf(result: SeedResult, options: SimOptions, shrinks: boolean): SimFailure {
  const { seed, failure } = result;
  const plan = planOf(seed, options);
  const needed = shrinks ? shrink(plan, result, { plant: options.plant ?? null }) : null;
  const all = needed === null || needed.length === plan.faults.length;
  const replay = replayOf(seed, options, all ? null : needed);
  return { seed, invariant: failure?.invariant ?? "", message: failure?.message ?? "", replay };
}

/** `faults`: places in the plan, null for all. */
export function replayOf(seed: number, { hosts, moves, plant }: SimOptions, faults: readonly number[] | null): string {
  const words = [`nomad-rdma sim --seed ${seed} --seeds 1`];
  if (hosts !== undefined) words.push(`--hosts ${hosts}`);
  if (moves !== undefined) words.push(`--moves ${moves}`);
  if (plant) words.push(`--plant ${plant}`);
  if (faults) words.push(`--faults ${faults.length > 0 ? faults.join(",") : "none"}`);
  return words.join(" ");
}

/** Every pair of a phase and a fault, with how often they have met. */
function coverageOf(results: readonly SeedResult[]): SimReport["coverage"] {
  const met = new Map<string, number>();
  for (const { coverage } of results)
    for (const [pair, times] of Object.entries(coverage)) met.set(pair, (met.get(pair) ?? 0) + times);
  return strikable.flatMap((phase) =>
    faultNames.map((fault) => ({ phase, fault, times: met.get(`${phase} ${fault}`) ?? 0 })),
  );
}
