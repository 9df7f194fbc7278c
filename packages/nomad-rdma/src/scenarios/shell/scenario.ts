import { type GuestReport, type GuestRequest, hasEnded, type LabView, type MoveRecord } from "@nomad/protocol/http";
import type { LabClient } from "../../client/shell/lab-client.ts";
import type { LabWatch } from "../../client/shell/lab-watch.ts";
import type { RunRecord } from "../run-record.ts";
import type { PlannedMove } from "../tour-plan.ts";

/** Guests on a lab that is up, to be moved while they talk. */
export interface ScenarioRun {
  readonly client: LabClient;
  readonly events: LabWatch;
  readonly guests: readonly Required<GuestRequest>[];
  readonly signal: AbortSignal;
}

/** What has been moved so far, and what went wrong that no record tells. */
export interface Made {
  readonly planned: PlannedMove[];
  readonly moves: MoveRecord[];
  readonly troubles: string[];
}

/** What a scenario alone can tell; the processes are the lab's to tell. */
export type ScenarioRecord = Omit<RunRecord, "processes" | "dirtying" | "alwaysHeld">;

const bootMs = 20_000;
/** Until a guest notices that its peer's host is dead: central's time-out, then the transport's retries. */
const noticeMs = 15_000;
const shutdownMs = 15_000;
const forcedMs = 3000;

/**
 * Boots the guests, has them moved while they talk, asks them to end and gathers their reports. A guest that ends early
 * ends the scenario, not with an error but with a record that says so. Fails when central is gone.
 */
export async function runScenario(run: ScenarioRun, makeMoves: (made: Made) => Promise<void>): Promise<ScenarioRecord> {
  const made: Made = { planned: [], moves: [], troubles: [] };
  for (const guest of run.guests) await run.client.runGuest(guest);
  if (await trafficGrows(run, new Map(), bootMs)) await makeMoves(made);
  else made.troubles.push(`expected traffic in both directions within ${bootMs} ms of the start, saw none`);
  await endGuests(run, made.troubles);
  const guests = namesOf(run).flatMap((name) => run.events.view.guests.get(name) ?? []);
  const reports = (await Promise.all(namesOf(run).map((name) => lastReport(run, name)))).filter(
    (report) => report !== null,
  );
  return { ...made, guests, reports };
}

/** Resolves with true when every guest reports more deliveries than before; with false in case of trouble. */
export async function trafficGrows(
  run: ScenarioRun,
  before: ReadonlyMap<string, number>,
  timeoutMs: number,
): Promise<boolean> {
  const grown = (view: LabView): boolean =>
    [...deliveries(run, view)].every(([guest, count]) => count > (before.get(guest) ?? 0));
  await run.events.reaches((view) => anyEnded(run, view) || grown(view), timeoutMs, run.signal);
  return grown(run.events.view);
}

export const deliveries = (run: ScenarioRun, view: LabView): Map<string, number> => counts(run, view, "delivered");

/** What each guest has reported last, of all its connections. */
export function counts(run: ScenarioRun, view: LabView, count: "sent" | "delivered"): Map<string, number> {
  const sum = (report: GuestReport | undefined): number =>
    report?.connections.reduce((total, connection) => total + connection[count], 0) ?? 0;
  return new Map(namesOf(run).map((name) => [name, sum(view.reports.get(name))]));
}

async function endGuests(run: ScenarioRun, troubles: string[]): Promise<void> {
  const { events, signal } = run;
  const allEnded = (view: LabView): boolean => running(run, view).length === 0;
  if (anyEnded(run, events.view)) {
    await events.reaches((view) => running(run, view).every((name) => knowsOfBreak(view, name)), noticeMs, signal);
  }
  await stopRunning(run, false);
  if (await events.reaches(allEnded, shutdownMs, signal)) return;
  for (const name of running(run, events.view))
    troubles.push(`${name}: expected its end within ${shutdownMs} ms, destroyed it`);
  await stopRunning(run, true);
  await events.reaches(allEnded, forcedMs, signal);
}

/** A guest that central cannot reach any more is not there to be stopped: its state will say so. */
async function stopRunning(run: ScenarioRun, force: boolean): Promise<void> {
  const names = running(run, run.events.view);
  await Promise.allSettled(names.map((name) => run.client.stopGuest(name, force)));
}

async function lastReport(run: ScenarioRun, name: string): Promise<GuestReport | null> {
  const known = run.events.view.reports.get(name) ?? null;
  return run.client.report(name).then(
    (report) => report ?? known,
    () => known,
  );
}

function namesOf(run: ScenarioRun): string[] {
  return run.guests.map((guest) => guest.name);
}

function running(run: ScenarioRun, view: LabView): string[] {
  return namesOf(run).filter((name) => {
    const guest = view.guests.get(name);
    return guest !== undefined && !hasEnded(guest);
  });
}

export function anyEnded(run: ScenarioRun, view: LabView): boolean {
  return namesOf(run).some((name) => {
    const guest = view.guests.get(name);
    return guest !== undefined && hasEnded(guest);
  });
}

function knowsOfBreak(view: LabView, name: string): boolean {
  return view.reports.get(name)?.connections.some(({ status }) => status !== "ok") ?? false;
}
