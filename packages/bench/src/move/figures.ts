import { type FigureSpec, type Goal, median, type Samples } from "@nomad/measure";
import type { MoveRecord } from "@nomad/protocol/http";
import type { MoveCase } from "./amounts.ts";

/** Phases of the time that the guest stands still, by what they are told of. */
const pausePhases = ["stopped", "bound", "COMMITTED", "running"] as const;
/** Phases before that in which it runs, and its connections wait. */
const quietPhases = ["suspended", "peers-suspended"] as const;

export const nameOf = ({ load, queuePairs, presetup }: MoveCase): string =>
  `${load}-${queuePairs}${presetup ? "" : "-nopresetup"}`;

/** What is taken from the record of a move of this case: names of figures and their values, ms and pages. */
export function samplesOf(which: MoveCase, record: MoveRecord): [string, number][] {
  const name = nameOf(which);
  const parts = [...quietPhases, ...pausePhases].map((phase): [string, number] => [
    `${name}-${phase}`,
    record.phases[phase] ?? 0,
  ]);
  return [[`pause-${name}`, record.pausedMs], [lastPages(name), record.pagesWhileStopped], ...parts];
}

const lastPages = (name: string): string => `${name}-last-pages`;
const floorOf = (name: string): string => `${name}-made-of`;
const pageBytes = 4096;
const [roundTrips, scans] = [8, 2];

/** What the pauses of a case cannot be shorter than, ms: the last pages' bytes, eight round trips, two looks at memory, a commit. */
export function pauseFloors(which: MoveCase, samples: Samples): [string, readonly number[]] {
  const name = nameOf(which);
  const of = (part: string) => median(samples.get(part) ?? []);
  const fixed = roundTrips * of("control-rtt") + scans * of("memory-scan") + of("journal-commit");
  const floors = (samples.get(lastPages(name)) ?? []).map(
    (pages) => fixed + (pages * pageBytes) / 1000 / of("bulk-bandwidth"),
  );
  return [floorOf(name), floors];
}

const ms = { unit: "ms", better: "lower" } as const;
const ratio = (limit: number): Goal => ({ of: "ratio", limit });

/** The figures that have goals; their samples are those of the cases. */
const goals: readonly (FigureSpec & { readonly of: string })[] = [
  { ...ms, name: "pause-idle-64m", of: "pause-idle-1", floor: floorOf("idle-1"), goal: ratio(1.5) },
  { ...ms, name: "pause-qps-idle-4096", of: "pause-idle-4096", floor: "pause-idle-1", goal: ratio(1.2) },
  { ...ms, name: "pause-qps-active-256", of: "pause-active-256", floor: "pause-active-1", goal: ratio(2) },
  {
    ...{ name: "precopy-bw", unit: "MB/s", better: "higher", of: "bulk-bandwidth", floor: "ws-bw-then" },
    goal: ratio(0.6),
  },
];

/** Those of them that were measured, and their samples under their own names. */
export function goalFigures(samples: Samples): { readonly specs: readonly FigureSpec[]; readonly named: Samples } {
  const measured = goals.filter(({ of }) => samples.has(of));
  const specs = measured.map(({ of: _of, ...spec }) => spec);
  return { specs, named: new Map(measured.map(({ name, of }) => [name, samples.get(of) ?? []])) };
}

/** The pause by its phases, beside what they are made of. */
export function figuresOf(which: MoveCase): FigureSpec[] {
  const name = nameOf(which);
  const part = (phase: string, floor: string): FigureSpec => ({ name: `${name}-${phase}`, floor, ...ms });
  return [
    { name: `pause-${name}`, floor: floorOf(name), ...ms },
    ...quietPhases.map((phase) => part(phase, "control-rtt")),
    part("stopped", "memory-scan"),
    part("bound", "memory-scan"),
    part("COMMITTED", "journal-commit"),
    part("running", "control-rtt"),
  ];
}

/** What a move cannot be quicker than, in the same run. */
export const floorFigures: readonly FigureSpec[] = [
  { name: "control-rtt", unit: "ms", better: "lower", floor: "" },
  { name: "memory-scan", unit: "ms", better: "lower", floor: "" },
  { name: "journal-commit", unit: "ms", better: "lower", floor: "" },
  { name: "bulk-bandwidth", unit: "MB/s", better: "higher", floor: "" },
];
