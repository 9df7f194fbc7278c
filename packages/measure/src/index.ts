export { type Figure, type FigureSpec, figureOf, type Goal } from "./figure.ts";
export { interleave, type OnSample, type Probe, type Rounds, type Samples } from "./interleave.ts";
export { type Measurement, measurementOf } from "./measurement.ts";
export { type Interval, type PairedRatio, pairedRatio } from "./paired-ratio.ts";
export { median, percentile, rounded, type Summary, summaryOf } from "./statistics.ts";
export { aligned, figureTable } from "./table.ts";
