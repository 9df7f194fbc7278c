import { expect, test } from "vitest";
import { walk } from "./random-walk/walk.ts";

// All verbs on three adapters, while packets are lost, delayed, doubled, reordered and corrupted. A failure tells its seed:
// NOMAD_WALK_SEED=... walks it again. NOMAD_WALK_STEPS walks further.
const seed = Number(process.env.NOMAD_WALK_SEED ?? 1);
const steps = Number(process.env.NOMAD_WALK_STEPS ?? 10_000);
const WALKS = 10;

test("a random walk through all verbs, on a fabric that is out of order, never departs from the model", () => {
  const census: Record<string, number> = {};
  for (let i = 0; i < WALKS; i++) {
    for (const [name, times] of Object.entries(walk(seed + i, steps / WALKS)))
      census[name] = (census[name] ?? 0) + times;
  }
  expect(Object.keys(census)).toHaveLength(21);
}, 300_000);
