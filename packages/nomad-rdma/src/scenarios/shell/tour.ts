import { reportOf } from "../../output/error-text.ts";
import type { PlannedMove } from "../tour-plan.ts";
import {
  anyEnded,
  deliveries,
  type Made,
  runScenario,
  type ScenarioRecord,
  type ScenarioRun,
  trafficGrows,
} from "./scenario.ts";

/** A tour on a lab that is up. */
export interface TourRun extends ScenarioRun {
  readonly plan: readonly PlannedMove[];
  /** The moves are spread over at least so long. */
  readonly seconds: number;
}

const trafficMs = 10_000;

/** Moves the guests by plan, one move after the other; each must be followed by traffic. */
export async function runTour(run: TourRun): Promise<ScenarioRecord> {
  const record = await runScenario(run, (made) => makeMoves(run, made));
  return { ...record, planned: run.plan };
}

async function makeMoves(run: TourRun, { moves, troubles }: Made): Promise<void> {
  const began = performance.now();
  for (const [index, { guest, to }] of run.plan.entries()) {
    const waitMs = began + (index * run.seconds * 1000) / run.plan.length - performance.now();
    if (await run.events.reaches((view) => anyEnded(run, view), Math.max(0, waitMs), run.signal)) return;
    try {
      moves.push(await run.client.move({ guest, to }, { wait: true, signal: run.signal }));
    } catch (error) {
      run.signal.throwIfAborted();
      const { code, message } = reportOf(error);
      troubles.push(`move ${index + 1} (${guest} to ${to}): ${code} ${message}`);
      return;
    }
    if (moves.at(-1)?.outcome !== "released") return;
    if (await trafficGrows(run, deliveries(run, run.events.view), trafficMs)) continue;
    troubles.push(`after move ${index + 1} (${guest} to ${to}): expected traffic within ${trafficMs} ms, saw none`);
    return;
  }
}
