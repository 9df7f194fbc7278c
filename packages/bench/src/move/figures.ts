import type { FigureSpec } from "@nomad/measure";
import type { MoveRecord } from "@nomad/protocol/http";

/** What a guest that is moved does meanwhile, and how many connections it has. */
export interface MoveCase {
  readonly load: "idle" | "busy";
  readonly queuePairs: number;
  /** Are its objects made at the destination while it is copied? */
  readonly presetup: boolean;
}

/** Phases of the time that the guest stands still, by what they are told of. */
const pausePhases = ["stopped", "bound", "COMMITTED", "running"] as const;
/** Phases before that in which it runs, and its connections wait. */
const quietPhases = ["suspended", "peers-suspended"] as const;

export const nameOf = ({ load, queuePairs, presetup }: MoveCase): string =>
  `${load}-${queuePairs}${presetup ? "" : "-nopresetup"}`;

/** What is taken from the record of a move of this case: names of figures and their values, ms. */
export function samplesOf(which: MoveCase, { pausedMs, phases }: MoveRecord): [string, number][] {
  const name = nameOf(which);
  const parts = [...quietPhases, ...pausePhases].map((phase): [string, number] => [
    `${name}-${phase}`,
    phases[phase] ?? 0,
  ]);
  return [[`pause-${name}`, pausedMs], ...parts];
}

/** The pause, beside that of a guest of one queue pair that does the same; and its phases, beside what they are made of. */
export function figuresOf(which: MoveCase): FigureSpec[] {
  const name = nameOf(which);
  const ms = { unit: "ms", better: "lower" } as const;
  const part = (phase: string, floor: string): FigureSpec => ({ name: `${name}-${phase}`, floor, ...ms });
  return [
    { name: `pause-${name}`, floor: `pause-${nameOf({ ...which, queuePairs: 1 })}`, ...ms },
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
