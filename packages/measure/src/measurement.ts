import { type Figure, type FigureSpec, figureOf } from "./figure.ts";
import type { Samples } from "./interleave.ts";

/** What a run of measurements gives; plain data. */
export interface Measurement {
  readonly figures: readonly Figure[];
  /** Every sample, by the names of figures and floors, in the order of the rounds. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/** The figures of `specs`, and the samples they are of. */
export function measurementOf(specs: readonly FigureSpec[], samples: Samples): Measurement {
  return { figures: specs.map((spec) => figureOf(spec, samples)), samples: Object.fromEntries(samples) };
}
