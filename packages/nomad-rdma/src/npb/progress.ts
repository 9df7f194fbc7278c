import type { GuestReport, LabEvent, MoveRecord } from "@nomad/protocol/http";
import * as z from "zod";

const repetition = z.object({
  verified: z.boolean(),
  /** How memory was named: as always, or by the adapter's own keys, without translation. */
  names: z.enum(["virtual", "physical"]),
  seconds: z.number(),
  mops: z.number(),
});
/** One run of a whole benchmark, from its preparation to its verification. */
export type Repetition = z.infer<typeof repetition>;

/** What each rank of a kernel reports (packages/guest/programs/npb/common/harness.ts). */
const progress = z.object({
  repetition: z.number().int(),
  iteration: z.number().int(),
  /** The clock runs. */
  timed: z.boolean(),
  results: z.array(repetition),
});
export type Progress = z.infer<typeof progress>;

/** Where a rank is, as its last report says; null before the first. */
export function progressOf(report: GuestReport | null | undefined): Progress | null {
  const parsed = progress.safeParse(report);
  return parsed.success ? parsed.data : null;
}

/** Follows the events of a lab: where each guest was at the moment when a move of it ended. */
export class MoveProgress {
  readonly #last = new Map<string, Progress | null>();
  readonly #atEnd = new Map<string, Progress | null>();

  take(event: LabEvent): void {
    if (event.type === "report") this.#last.set(event.guest, progressOf(event.report));
    if (event.type === "move" && event.move.outcome !== "" && !this.#atEnd.has(event.move.id)) {
      this.#atEnd.set(event.move.id, this.#last.get(event.move.guest) ?? null);
    }
  }

  /** Null when that was not yet told. */
  atEndOf(move: MoveRecord): Progress | null {
    return this.#atEnd.get(move.id) ?? null;
  }
}
