import type { Guest, GuestReport, GuestRequest } from "@nomad/protocol/http";

/** An MPI program and its ranks, each a guest. */
export interface Job {
  /** The guests' names begin with it. */
  readonly name: string;
  /** What the ranks find each other by: no two jobs of a lab may ever have the same. */
  readonly key: string;
  readonly image: string;
  readonly ranks: number;
  /** Ranks are dealt to these hosts in turn; several may share one. */
  readonly hosts: readonly string[];
  readonly arguments: Readonly<Record<string, string>>;
}

/** A rank as it ended. */
export interface RankResult {
  readonly rank: number;
  readonly guest: Guest;
  readonly report: GuestReport | null;
}

export const ranksMax = 64;

/** The guests of a job, by rank. */
export function jobGuests(job: Job): Required<GuestRequest>[] {
  return Array.from({ length: job.ranks }, (_, rank) => {
    const name = `${job.name}-${rank}`;
    const place = { name, job: job.key, rank: String(rank), ranks: String(job.ranks) };
    const host = job.hosts[rank % job.hosts.length] as string;
    return { name, image: job.image, host, arguments: { ...job.arguments, ...place } };
  });
}

/** Did every rank end well? */
export function succeeded(ranks: readonly RankResult[]): boolean {
  return ranks.every(({ guest }) => guest.state === "exited" && guest.exitCode === 0);
}
