import type { Fault } from "./fault-plan.ts";
import type { Plan } from "./plan.ts";
import { runSeed, type SeedOptions, type SeedResult } from "./run-seed.ts";

/** A plan with only these of its faults, by their places in the whole plan. */
export function withFaults(plan: Plan, kept: readonly number[]): Plan {
  return { ...plan, faults: kept.map((i) => plan.faults[i]).filter((fault): fault is Fault => fault !== undefined) };
}

/** Leaves out one fault after the other while the same invariant still breaks: the places of those that are needed. */
export function shrink(plan: Plan, result: SeedResult, options: SeedOptions): readonly number[] {
  const invariant = result.failure?.invariant;
  let kept: readonly number[] = plan.faults.map((_, i) => i);
  for (const left of plan.faults.keys()) {
    const fewer = kept.filter((i) => i !== left);
    const again = runSeed(withFaults(plan, fewer), { plant: options.plant ?? null });
    if (again.failure?.invariant === invariant) kept = fewer;
  }
  return kept;
}
