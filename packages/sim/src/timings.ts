import type { Timings } from "@nomad/base";

/** Shorter than in a real lab, in the same relations: a simulated lab works all the time, and time is work. */
export const timings: Timings = {
  heartbeatMs: 20,
  hostDeadMs: 120,
  drainBudgetMs: 150,
  nameLookupMs: 80,
  controlRequestMs: 150,
  resendMs: 10,
  precopyMs: 300,
  stopBudgetMs: 60,
  inquireMs: 100,
};
