import type { GuestReport, GuestRequest, MoveRecord } from "@nomad/protocol/http";
import { hasEnded, type LabView } from "../../client/lab-view.ts";
import type { LabClient } from "../../client/shell/lab-client.ts";
import type { LabWatch } from "../../client/shell/lab-watch.ts";
import { reportOf } from "../../output/error-text.ts";
import type { RunRecord } from "../run-record.ts";
import type { PlannedMove } from "../tour-plan.ts";

/** A tour on a lab that is up. */
export interface TourRun {
  readonly client: LabClient;
  readonly events: LabWatch;
  readonly guests: readonly Required<GuestRequest>[];
  readonly plan: readonly PlannedMove[];
  /** The moves are spread over at least so long. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** What a tour alone can tell; the processes are the lab's to tell. */
export type TourRecord = Omit<RunRecord, "processes" | "dirtying">;

const bootMs = 20_000;
const trafficMs = 10_000;
/** Until a guest notices that its peer's host is dead: central's time-out, then the transport's retries. */
const noticeMs = 15_000;
const shutdownMs = 15_000;
const forcedMs = 3000;

/**
 * Boots the guests, moves them by plan while they talk, asks them to end and gathers their reports. A guest that ends
 * early ends the tour, not with an error but with a record that says so. Fails when central is gone.
 */
export async function runTour(run: TourRun): Promise<TourRecord> {
  const troubles: string[] = [];
  const moves: MoveRecord[] = [];
  for (const guest of run.guests) await run.client.runGuest(guest);
  if (await trafficGrows(run, new Map(), bootMs)) await makeMoves(run, moves, troubles);
  else troubles.push(`expected traffic in both directions within ${bootMs} ms of the start, saw none`);
  await endGuests(run, troubles);
  const guests = namesOf(run).flatMap((name) => run.events.view.guests.get(name) ?? []);
  const reports = (await Promise.all(namesOf(run).map((name) => lastReport(run, name)))).filter(
    (report) => report !== null,
  );
  return { planned: run.plan, moves, guests, reports, troubles };
}

async function makeMoves(run: TourRun, moves: MoveRecord[], troubles: string[]): Promise<void> {
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

/** Resolves with true when every guest reports more deliveries than before; with false in case of trouble. */
async function trafficGrows(run: TourRun, before: ReadonlyMap<string, number>, timeoutMs: number): Promise<boolean> {
  const grown = (view: LabView): boolean =>
    [...deliveries(run, view)].every(([guest, count]) => count > (before.get(guest) ?? 0));
  await run.events.reaches((view) => anyEnded(run, view) || grown(view), timeoutMs, run.signal);
  return grown(run.events.view);
}

function deliveries(run: TourRun, view: LabView): Map<string, number> {
  const delivered = (report: GuestReport | undefined): number =>
    report?.connections.reduce((sum, connection) => sum + connection.delivered, 0) ?? 0;
  return new Map(namesOf(run).map((name) => [name, delivered(view.reports.get(name))]));
}

async function endGuests(run: TourRun, troubles: string[]): Promise<void> {
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
async function stopRunning(run: TourRun, force: boolean): Promise<void> {
  const names = running(run, run.events.view);
  await Promise.allSettled(names.map((name) => run.client.stopGuest(name, force)));
}

async function lastReport(run: TourRun, name: string): Promise<GuestReport | null> {
  const known = run.events.view.reports.get(name) ?? null;
  return run.client.report(name).then(
    (report) => report ?? known,
    () => known,
  );
}

function namesOf(run: TourRun): string[] {
  return run.guests.map((guest) => guest.name);
}

function running(run: TourRun, view: LabView): string[] {
  return namesOf(run).filter((name) => {
    const guest = view.guests.get(name);
    return guest !== undefined && !hasEnded(guest);
  });
}

function anyEnded(run: TourRun, view: LabView): boolean {
  return namesOf(run).some((name) => {
    const guest = view.guests.get(name);
    return guest !== undefined && hasEnded(guest);
  });
}

function knowsOfBreak(view: LabView, name: string): boolean {
  return view.reports.get(name)?.connections.some(({ status }) => status !== "ok") ?? false;
}
