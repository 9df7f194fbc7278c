import type { MoveRecord } from "@nomad/protocol/http";
import type { LabProcess } from "../lab/lab-state.ts";
import { type BrokenConnection, connectionsBroken, guestsLost, type RunRecord } from "./run-record.ts";
import { failures, total } from "./verdict.ts";

const moveFields = [
  "guest",
  "from",
  "to",
  "outcome",
  "totalMs",
  "pausedMs",
  "rounds",
  "pages",
  "pagesWhileStopped",
  "bytes",
  "controlMessages",
  "phases",
] as const satisfies (keyof MoveRecord)[];

/** The result of `lab run --json`: one line that scripts rely on. */
export interface RunResult {
  readonly ok: boolean;
  readonly processes: readonly LabProcess[];
  readonly moves: readonly Pick<MoveRecord, (typeof moveFields)[number]>[];
  readonly messages: Readonly<Record<(typeof counts)[number], number>>;
  readonly atomics: { readonly expected: number; readonly actual: number };
  readonly guestsLost: readonly string[];
  readonly connectionsBroken: readonly BrokenConnection[];
}

const counts = ["sent", "delivered", "lost", "duplicated", "reordered", "corrupted"] as const;

/** The result of a run, for scripts. */
export function resultOf(run: RunRecord): RunResult {
  const sum = (side: "expected" | "actual"): number =>
    run.reports.reduce((soFar, report) => soFar + report.atomics[side], 0);
  return {
    ok: failures(run).length === 0,
    processes: run.processes,
    moves: run.moves.map((move) => pick(move, moveFields)),
    messages: {
      sent: total(run, "sent"),
      delivered: total(run, "delivered"),
      lost: total(run, "lost"),
      duplicated: total(run, "duplicated"),
      reordered: total(run, "reordered"),
      corrupted: total(run, "corrupted"),
    },
    atomics: { expected: sum("expected"), actual: sum("actual") },
    guestsLost: guestsLost(run),
    connectionsBroken: connectionsBroken(run),
  };
}

function pick<Whole, Key extends keyof Whole>(whole: Whole, keys: readonly Key[]): Pick<Whole, Key> {
  return Object.fromEntries(keys.map((key) => [key, whole[key]])) as Pick<Whole, Key>;
}
