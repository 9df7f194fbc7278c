import type { Random } from "@nomad/base";
import type { Title } from "./titles.ts";

/** The names of `count` tests of each file, or of all that it has. */
export function sampleOf(titles: readonly Title[], count: number, random: Random): string[] {
  const files = Map.groupBy(titles, ({ file }) => file);
  return [...files.values()].flatMap((members) => pick(members, count, random).map(({ name }) => name));
}

function pick<T>(members: readonly T[], count: number, random: Random): T[] {
  const left = [...members];
  const picked: T[] = [];
  while (picked.length < count && left.length > 0) picked.push(...left.splice(random.between(0, left.length - 1), 1));
  return picked;
}
