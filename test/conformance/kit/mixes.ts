import type { Random } from "@nomad/base";
import type { Kind, Op } from "./rc-lane.ts";

const moving: readonly Kind[] = ["send", "write", "read"];
export const everyKind: readonly Kind[] = [...moving, "fetchAdd", "compareSwap"];

/** Sizes around where packets end, for an MTU of 4096. */
export const sizes = [0, 1, 8, 32, 1024, 4095, 4096, 4097, 10_000] as const;

/** So many operations of all kinds and sizes; `atomics`: atomics among them. */
export function mixed(random: Random, count: number, atomics: boolean): Op[] {
  return Array.from({ length: count }, () => {
    const kind = random.pick(atomics ? everyKind : moving);
    return { kind, bytes: kind === "fetchAdd" || kind === "compareSwap" ? 8 : random.pick(sizes) };
  });
}
