import { Random } from "@nomad/base";
import { type Cell, cells, nameOf } from "./cells.ts";

/**
 * So many cells, chosen by the seed; all of them by default. Each transport and operation has its turn, so that a small
 * sample has some of each.
 */
export function sample(count: number | undefined, seed: number): readonly Cell[] {
  if (count === undefined || count >= cells.length) return cells;
  const random = new Random(seed);
  const kinds = [...Map.groupBy(cells, ({ transport, operation }) => `${transport}/${operation}`).values()];
  const left = kinds.map((kind) => [...kind]);
  const chosen: Cell[] = [];
  for (let turn = random.between(0, left.length - 1); chosen.length < count; turn++) {
    const kind = left[turn % left.length] as Cell[];
    if (kind.length > 0) chosen.push(kind.splice(random.between(0, kind.length - 1), 1)[0] as Cell);
  }
  return chosen;
}

/** The cells whose name begins so: `ud`, `rc/send`, `rc/send/64/a>b/both`. */
export function named(prefix: string): readonly Cell[] {
  return cells.filter((cell) => nameOf(cell) === prefix || nameOf(cell).startsWith(`${prefix}/`));
}
