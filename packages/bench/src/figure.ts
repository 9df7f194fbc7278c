/** What is measured once, again and again: resolves to a value in the figure's unit. */
export type Probe = () => Promise<number>;

/** One figure, and what it is compared with. */
export interface FigureSpec {
  readonly name: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** What the same thing costs without us, in the same unit; measured in turn with the figure. */
  readonly floor: string;
  /** Of the ratio to the floor, or of the value itself. */
  readonly goal?: { readonly of: "ratio" | "value"; readonly limit: number };
}

/** A figure as reported: medians of all repetitions. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Of the floor, same unit; 0 when there is none below. */
  readonly floor: number;
  /** value / floor; 0 when there is no floor. */
  readonly ratio: number;
  /** 0 when there is none. */
  readonly goal: number;
  readonly goalOf: "ratio" | "value";
  readonly better: "lower" | "higher";
  /** Is the goal reached? True when there is none. */
  readonly ok: boolean;
}

/** @param samples by name, of figures and floors alike */
export function figureOf(spec: FigureSpec, samples: ReadonlyMap<string, readonly number[]>): Figure {
  const value = median(samples.get(spec.name) ?? []);
  const floor = median(samples.get(spec.floor) ?? []);
  const ratio = floor === 0 ? 0 : value / floor;
  const { of = "ratio", limit = 0 } = spec.goal ?? {};
  const measured = of === "ratio" ? ratio : value;
  const reached = spec.better === "lower" ? measured <= limit : measured >= limit;
  return {
    name: spec.name,
    value: rounded(value),
    unit: spec.unit,
    floor: rounded(floor),
    ratio: rounded(ratio),
    goal: limit,
    goalOf: of,
    better: spec.better,
    ok: spec.goal === undefined || reached,
  };
}

/** The middle value, or the mean of the two middle ones; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** To four significant digits: more would be noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
