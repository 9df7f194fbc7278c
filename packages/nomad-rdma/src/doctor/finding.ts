import type { Style } from "../output/style.ts";
import { table } from "../output/table.ts";

/** How bad it is: `warn` is what some things will miss, `fail` what must be put right first. */
export type Level = "ok" | "warn" | "fail";

/** What one check found, and for what is not ok what to do next. */
export interface Finding {
  readonly check: string;
  readonly level: Level;
  readonly found: string;
  readonly next?: string;
}

/** A table of findings in the order of their checks. */
export function findingTable(findings: readonly Finding[], style: Style): string {
  return table<Finding>(
    [
      { title: "check", cell: ({ check }) => check },
      { title: "level", cell: ({ level }) => level },
      { title: "found", cell: ({ found }) => found },
      { title: "next", cell: ({ next }) => next ?? "" },
    ],
    findings,
    style.bold,
  );
}
