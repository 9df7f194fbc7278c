import type { Name } from "./names.ts";
import type { Title } from "./titles.ts";

/** What is said of one name: its test, or why there can be none, or nothing. */
export interface Entry extends Name {
  readonly title: Title | null;
  readonly reason: string | null;
}

export interface Coverage {
  readonly entries: readonly Entry[];
  /** What is wrong with titles and reasons, in words. */
  readonly faults: readonly string[];
}

export function coverageOf(
  names: readonly Name[],
  titles: readonly Title[],
  reasons: Readonly<Record<string, string>>,
): Coverage {
  const known = new Set(names.map(({ name }) => name));
  const byName = new Map<string, Title>();
  const faults: string[] = [];
  for (const title of titles) {
    if (!known.has(title.name)) faults.push(`${title.file}: ${title.name} is not a name of the yardstick`);
    if (byName.has(title.name)) faults.push(`${title.file}: ${title.name} has another test`);
    if (title.name in reasons) faults.push(`${title.file}: ${title.name} is said not to be applicable`);
    byName.set(title.name, title);
  }
  for (const name of Object.keys(reasons)) if (!known.has(name)) faults.push(`${name} is not a name of the yardstick`);
  const entries = names.map((name) => ({
    ...name,
    title: byName.get(name.name) ?? null,
    reason: reasons[name.name] ?? null,
  }));
  return { entries, faults };
}

/** How many names have a test, cannot have one, and lack one. */
export function countsOf(entries: readonly Entry[]): { shown: number; notApplicable: number; missing: string[] } {
  return {
    shown: entries.filter(({ title }) => title !== null).length,
    notApplicable: entries.filter(({ reason }) => reason !== null).length,
    missing: entries.filter(({ title, reason }) => title === null && reason === null).map(({ name }) => name),
  };
}
