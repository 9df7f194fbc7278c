import type { GuestReport } from "@nomad/protocol/http";
import { type Cell, moves } from "./cells.ts";

/** Messages that the program has under way at most, in each direction: it then asks the other side. */
const batchOf = (size: number): number => (size >= 65_536 ? 2 : 8);

export interface Counts {
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly corrupted: number;
}

const none: Counts = { sent: 0, delivered: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };

export function countsOf(reports: readonly (GuestReport | null)[]): Counts {
  return reports
    .flatMap((report) => report?.connections ?? [])
    .reduce<Counts>(
      (sum, connection) =>
        Object.fromEntries(
          Object.keys(none).map((name) => [name, sum[name as keyof Counts] + connection[name as keyof Counts]]),
        ) as unknown as Counts,
      none,
    );
}

/**
 * What was wrong, by what the guests say, or null. RC loses nothing. UC and UD promise nothing while a guest is moved: what is
 * under way when that begins may be lost, a batch for each direction and move, and nothing else may.
 */
export function faultOf(cell: Cell, reports: readonly (GuestReport | null)[]): string | null {
  const counts = countsOf(reports);
  const directions = cell.direction === "both" ? 2 : 1;
  const lostMax = cell.transport === "rc" ? 0 : directions * moves[cell.moves].flat().length * batchOf(cell.size);
  const unverified = reports.find((report) => report?.verified !== true);
  if (unverified !== undefined) {
    return `a guest did not verify what it saw: ${JSON.stringify(unverified?.connections ?? null)}`;
  }
  if (counts.lost > lostMax) return `${counts.lost} messages were lost; at most ${lostMax} may be`;
  if (counts.sent !== counts.delivered + counts.lost) return `${counts.sent} sent are not ${JSON.stringify(counts)}`;
  return null;
}
