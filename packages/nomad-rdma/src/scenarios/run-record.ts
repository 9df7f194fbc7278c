import type { Guest, GuestReport, MoveRecord } from "@nomad/protocol/http";
import type { LabProcess } from "../lab/lab-state.ts";
import type { PlannedMove } from "./tour-plan.ts";

/** What a scenario left behind: everything a verdict is made from. */
export interface RunRecord {
  readonly processes: readonly LabProcess[];
  readonly planned: readonly PlannedMove[];
  readonly moves: readonly MoveRecord[];
  /** The guests as central last knew them. */
  readonly guests: readonly Guest[];
  /** The last report of each guest that made one. */
  readonly reports: readonly GuestReport[];
  /** The guests that rewrite their memory all the time. */
  readonly dirtying: readonly string[];
  /** The programs keep so much work posted that every move must hold some. */
  readonly alwaysHeld: boolean;
  /** What went wrong that no record tells, such as traffic that did not go on in time. */
  readonly troubles: readonly string[];
}

/** A connection that failed, as the guest that survived reports it. */
export interface BrokenConnection {
  readonly guest: string;
  readonly peer: string;
  readonly status: string;
}

/** The guests that are gone with their host. */
export function guestsLost(run: RunRecord): string[] {
  return run.guests.filter((guest) => guest.state === "lost").map((guest) => guest.name);
}

/** Connections that do not work any more, seen from guests that are not lost themselves. */
export function connectionsBroken(run: RunRecord): BrokenConnection[] {
  const lost = new Set(guestsLost(run));
  return run.reports
    .filter((report) => !lost.has(report.guest))
    .flatMap((report) => report.connections.map(({ peer, status }) => ({ guest: report.guest, peer, status })))
    .filter(({ status }) => status !== "ok");
}
