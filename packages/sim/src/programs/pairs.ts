import type { Program } from "../guest.ts";
import { Traffic } from "../traffic.ts";
import { talker } from "./talker.ts";

/** Programs of guests that talk in pairs, for one world: the checkers of what they say are new. */
export function pairsOf(...pairs: readonly (readonly [string, string])[]): Record<string, Program> {
  const traffic = new Traffic();
  const talk = (own: string, peer: string) => [own, talker({ own, peers: [peer], traffic })] as const;
  return Object.fromEntries(pairs.flatMap(([a, b]) => [talk(a, b), talk(b, a)]));
}
