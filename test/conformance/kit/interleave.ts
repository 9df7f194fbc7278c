import { Random } from "@nomad/base";

/**
 * Runs tasks that take turns: each goes from one `yield` to the next, in an order that the seed decides. It is what threads
 * are where there is one event loop.
 */
export function interleave(tasks: number, make: (task: number) => Generator<void, void>, seed = 1): void {
  const random = new Random(seed);
  const running = Array.from({ length: tasks }, (_, task) => make(task));
  while (running.length > 0) {
    const next = random.between(0, running.length - 1);
    if (running[next]?.next().done) running.splice(next, 1);
  }
}
