import { Random } from "@nomad/base";
import { type Cell, cells, nameOf } from "./outcomes.ts";

/** So many cells, chosen by the seed; all of them by default. */
export function sample(count: number | undefined, seed: number): readonly Cell[] {
  if (count === undefined || count >= cells.length) return cells;
  const random = new Random(seed);
  const left = [...cells];
  return Array.from({ length: count }, () => left.splice(random.between(0, left.length - 1), 1)[0] as Cell);
}

/** The cells with this name, or whose name begins so: `source`, `source/stopped`, `source/stopped/kill`. */
export function named(prefix: string): readonly Cell[] {
  return cells.filter((cell) => nameOf(cell) === prefix || nameOf(cell).startsWith(`${prefix}/`));
}
