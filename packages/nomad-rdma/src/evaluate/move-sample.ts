import type { MoveSample } from "@nomad/evaluation";
import type { MoveRecord } from "@nomad/protocol/http";

/** What the report is made of, out of a move's record. */
export function moveSample(record: MoveRecord): MoveSample {
  const { totalMs, pausedMs, phases, rounds, pages, pagesWhileStopped, bytes, controlMessages, held, cut } = record;
  return { totalMs, pausedMs, phases, rounds, pages, pagesWhileStopped, bytes, controlMessages, held, cut };
}
