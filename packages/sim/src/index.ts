export { type Fault, type FaultName, type Plan, type PlanOptions, planOf } from "./plan.ts";
export { runSeed, type SeedOptions, type SeedResult } from "./run-seed.ts";
