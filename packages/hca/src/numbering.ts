import type { Lid, Random } from "@nomad/base";

/**
 * How an adapter numbers queue pairs and keys. `random`: so that nobody guesses them. For tests: `clash` gives the same numbers
 * as every other adapter, so that a name of another place finds something; `apart` gives none that another one gives.
 */
export type Names = "random" | "clash" | "apart";

type Draw = Pick<Random, "between">;

export interface Numbering {
  readonly qpns: Draw;
  readonly keyVariants: Draw;
  readonly firstKeyIndex: number;
}

/** Adapters are told apart by so many bits of their LID. */
const LID_MASK = 0xff;
const SHARE_BITS = 16;

export function numbering(names: Names, lid: Lid, random: Random): Numbering {
  const share = (lid & LID_MASK) << SHARE_BITS;
  switch (names) {
    case "random":
      return { qpns: random, keyVariants: random, firstKeyIndex: 0 };
    case "clash":
      return { qpns: countingFrom(0), keyVariants: lowest, firstKeyIndex: 0 };
    case "apart":
      return { qpns: countingFrom(share), keyVariants: random, firstKeyIndex: share };
  }
}

const lowest: Draw = { between: (min) => min };

function countingFrom(first: number): Draw {
  let next = first;
  return { between: (min, max) => min + (next++ % (max - min + 1)) };
}
