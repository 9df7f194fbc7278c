import { parentPort } from "node:worker_threads";
import { planOf } from "../plan.ts";
import { runSeed } from "../run-seed.ts";
import type { Done, Task } from "./run-seeds.ts";

// Runs one task after the other: some seeds, or seeds with a planted bug until it is caught.
parentPort?.on("message", (task: Task) => {
  const done: Done = { task, results: [] };
  for (let i = 0; i < task.count; i++) {
    const result = runSeed(planOf(task.from + i, task.plan), { plant: task.plant });
    done.results.push(result);
    if (task.untilCaught && result.failure) break;
  }
  parentPort?.postMessage(done);
});
