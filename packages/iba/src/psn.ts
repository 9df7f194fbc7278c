import type { Psn } from "@nomad/base";

const PSN_MASK = 0xffffff;

/** The packet sequence number that a plain number stands for, modulo 2^24. */
export function psn(value: number): Psn {
  return (value & PSN_MASK) as Psn;
}

export function psnAdd(a: Psn, packets: number): Psn {
  return ((a + packets) & PSN_MASK) as Psn;
}

/** How far `a` is after `b`, -2^23 to 2^23 - 1: negative when `a` is the earlier one (IBA 9.7.2). */
export function psnDiff(a: Psn, b: Psn): number {
  return ((a - b) << 8) >> 8;
}

/** How many steps lead from `from` to `to`, 0 to 2^24 - 1. */
export function psnDistance(from: Psn, to: Psn): number {
  return (to - from) & PSN_MASK;
}
