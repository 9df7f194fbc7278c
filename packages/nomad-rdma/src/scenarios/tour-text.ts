import type { LogLine } from "@nomad/protocol/http";
import { plural } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { atomicsTable, connectionTable, moveTable } from "../output/views.ts";
import type { RunRecord } from "./run-record.ts";
import { failures } from "./verdict.ts";

/** So many of the last lines of each guest are shown. */
const linesShown = 12;

/** The result of a tour for people. */
export function tourText(run: RunRecord, lines: ReadonlyMap<string, readonly LogLine[]>, style: Style): string {
  const printed = [...lines].map(([guest, all]) =>
    [style.bold(`${guest} printed`), ...all.slice(-linesShown).map(({ line }) => `  ${line}`)].join("\n"),
  );
  const sections = [
    moveTable(run.moves, style),
    connectionTable(run.reports, style),
    atomicsTable(run.reports, style),
    ...printed,
    verdictText(run, style),
  ];
  return sections.join("\n\n");
}

function verdictText(run: RunRecord, style: Style): string {
  const failed = failures(run);
  if (failed.length === 0)
    return style.good(
      `All verified: ${plural(run.moves.length, "move")}, nothing lost, doubled, reordered or changed.`,
    );
  return [style.bad(`${plural(failed.length, "check")} failed:`), ...failed.map((sentence) => `  ${sentence}`)].join(
    "\n",
  );
}
