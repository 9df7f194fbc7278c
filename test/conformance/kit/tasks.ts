import type { CompletionQueue, WorkCompletion } from "@nomad/verbs";
import type { Lab } from "./lab.ts";

// Where others have threads, there are tasks on one event loop, which interleave wherever they wait.

/** Runs so many tasks at once; each is given its number. */
export async function interleave<T>(lab: Lab, count: number, task: (number: number) => Promise<T>): Promise<T[]> {
  return lab.until(Promise.all(Array.from({ length: count }, (_, number) => task(number))));
}

/** Lets the other tasks go on. */
export function pause(): Promise<void> {
  return Promise.resolve();
}

/** The next completions of a queue, as many as are asked for. A task waits for them while others go on. */
export async function take(cq: CompletionQueue, count: number): Promise<WorkCompletion[]> {
  const all: WorkCompletion[] = [];
  while (all.length < count) {
    await cq.wait();
    all.push(...cq.poll(count - all.length));
  }
  return all;
}
