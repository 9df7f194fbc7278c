export { type Figure, type FigureSpec, figureOf, median, type Probe } from "./figure.ts";
export { interleave } from "./interleave.ts";
export { figureTable } from "./table.ts";
