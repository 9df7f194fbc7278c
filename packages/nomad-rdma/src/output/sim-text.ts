import type { SimReport } from "@nomad/sim";
import { plural } from "./format.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** What a simulation found, for people. */
export function simText(report: SimReport, style: Style): string {
  const { ok, seeds, seedsPerSecond, failures, planted, coverage } = report;
  const parts = [`${plural(seeds, "seed")}, ${seedsPerSecond} a second: ${plural(failures.length, "failure")}`];
  if (failures.length > 0) parts.push(failureTable(failures, style));
  if (planted.length > 0) parts.push(plantedTable(planted, style));
  const unmet = coverage.filter(({ times }) => times === 0);
  parts.push(`${coverage.length - unmet.length} of ${coverage.length} pairs of a phase and a fault have met`);
  if (planted.length > 0 && unmet.length > 0)
    parts.push(`never met: ${unmet.map(({ phase, fault }) => `${phase} and ${fault}`).join(", ")}`);
  return [...parts, ok ? style.good("ok") : style.bad("failed")].join("\n");
}

function failureTable(failures: SimReport["failures"], style: Style): string {
  return table(
    [
      { title: "seed", align: "right", cell: ({ seed }) => String(seed) },
      { title: "invariant", cell: ({ invariant }) => invariant },
      { title: "replay", cell: ({ replay }) => replay },
    ],
    failures,
    style.bold,
  );
}

function plantedTable(planted: SimReport["planted"], style: Style): string {
  return table(
    [
      { title: "planted bug", cell: ({ name }) => name },
      {
        title: "caught after",
        cell: ({ caughtAfterSeeds: n }) => (n === 0 ? "never" : plural(n, "seed")),
      },
    ],
    planted,
    style.bold,
  );
}
