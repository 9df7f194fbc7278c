import { once } from "node:events";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import type { PlanOptions } from "../plan.ts";
import { type Planting, plantings } from "../planting.ts";
import { judgedSeeds, type PlantedResult, reportOf, type SimOptions, type SimReport } from "../report.ts";
import type { SeedResult } from "../run-seed.ts";

export interface Task {
  readonly from: number;
  readonly count: number;
  readonly plan: PlanOptions;
  readonly plant: Planting | null;
  readonly untilCaught: boolean;
}

export interface Done {
  readonly task: Task;
  readonly results: SeedResult[];
}

export interface RunOptions extends SimOptions {
  readonly seed: number;
  readonly seeds: number;
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** Seeds that a worker takes at a time. */
const portion = 25;

/** Run so many seeds on all cores, and (from `judgedSeeds` on, without a bug of the caller's) every planted bug. */
export async function runSeeds(o: RunOptions): Promise<SimReport> {
  const { seed, seeds, hosts, moves, plant = null } = o;
  const plan: PlanOptions = { hosts, moves };
  const tasks: Task[] = [];
  for (let from = 0; from < seeds; from += portion)
    tasks.push({ from: seed + from, count: Math.min(portion, seeds - from), plan, plant, untilCaught: false });
  const results: SeedResult[] = [];
  const startedAt = performance.now();
  await work(tasks, o.signal, (done) => {
    results.push(...done.results);
    o.onProgress?.(results.length);
  });
  const tookMs = performance.now() - startedAt;
  const planted = seeds >= judgedSeeds && plant === null ? await catchAll(seed, seeds, plan, o.signal) : [];
  const report = reportOf(results, planted, tookMs, o);
  return { ...report, ok: report.ok && results.length === seeds };
}

/** Each bug with as many seeds as it takes, at most so many. */
async function catchAll(
  seed: number,
  seedsMax: number,
  plan: PlanOptions,
  signal: AbortSignal | undefined,
): Promise<PlantedResult[]> {
  const tasks = [...plantings.keys()].map((bug) => ({
    from: seed,
    count: seedsMax,
    plan,
    plant: bug,
    untilCaught: true,
  }));
  const caught = new Map<Planting, number>();
  await work(tasks, signal, ({ task, results }) => {
    const found = results.at(-1)?.failure != null;
    if (task.plant) caught.set(task.plant, found ? results.length : 0);
  });
  return [...plantings.keys()].map((name) => ({ name, caughtAfterSeeds: caught.get(name) ?? 0 }));
}

/** Let workers take the tasks one after another. */
async function work(tasks: readonly Task[], signal: AbortSignal | undefined, onDone: (done: Done) => void) {
  const left = [...tasks];
  const one = async () => {
    const worker = new Worker(new URL("./seed-worker.ts", import.meta.url));
    const stop = () => void worker.terminate();
    const died = failed(worker);
    // Its end is awaited with each task, and is no news when all are done.
    died.catch(() => {});
    signal?.addEventListener("abort", stop);
    try {
      for (let task = left.shift(); task && !signal?.aborted; task = left.shift()) {
        worker.postMessage(task);
        const [done] = (await Promise.race([once(worker, "message"), died])) as [Done];
        onDone(done);
      }
    } catch (error) {
      // Interrupted: what has been run is reported.
      if (!signal?.aborted) throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), tasks.length) }, one));
}

/** A worker that ends by itself has failed. */
async function failed(worker: Worker): Promise<never> {
  const [code] = await once(worker, "exit");
  throw new Error(`a worker ended with exit code ${code}`);
}
