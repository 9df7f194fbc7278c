export type { Fault, FaultName } from "./fault-plan.ts";
export { type Plan, type PlanOptions, planOf } from "./plan.ts";
export { type Planting, plantings } from "./planting.ts";
export { type Chatter, chatter, chatterBytes } from "./programs/chatter.ts";
export { judgedSeeds, replayOf, type SimFailure, type SimOptions, type SimReport } from "./report.ts";
export { runSeed, type SeedOptions, type SeedResult } from "./run-seed.ts";
export { type RunOneOptions, runOne } from "./shell/run-one.ts";
export { type RunOptions, runSeeds } from "./shell/run-seeds.ts";
export { hostNames, World } from "./world.ts";
