import { aligned } from "@nomad/measure";
import { type CpuProfile, selfTimes } from "./cpu-profile.ts";

export interface NamedProfile {
  readonly file: string;
  /** Which process or thread it is of. */
  readonly owner: string;
  readonly profile: CpuProfile;
}

const functionsShown = 10;
/** Of the busiest one's work: threads that did less are left out. */
const shareShown = 0.1;

/** For a reader: of each thread that worked much, the functions in which it was longest. */
export function profileTable(profiles: readonly NamedProfile[]): string {
  const all = profiles.map(({ profile, ...of }) => {
    const times = selfTimes(profile);
    return { ...of, times, busyMs: times.reduce((sum, { ms }) => sum + ms, 0) };
  });
  const most = Math.max(0, ...all.map(({ busyMs }) => busyMs));
  return all
    .filter(({ busyMs }) => busyMs > 0 && busyMs >= shareShown * most)
    .sort((a, b) => b.busyMs - a.busyMs)
    .map(({ file, owner, times, busyMs }) => {
      const rows = times
        .slice(0, functionsShown)
        .map(({ name, place, ms }) => [`  ${ms.toFixed(0)}`, `${((100 * ms) / busyMs).toFixed(0)}%`, name, place]);
      return `${owner}: ${busyMs.toFixed(0)} ms at work (${file})\n${aligned([["  self ms", "", "function", ""], ...rows])}`;
    })
    .join("\n\n");
}
