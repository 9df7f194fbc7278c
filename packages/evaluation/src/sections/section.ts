import type { Evaluation } from "../evaluation.ts";
import type { Block, Finding } from "../report/block.ts";

/** A part of the report; null where the evaluation has no data for it. */
export interface Section {
  readonly title: string;
  readonly blocks: (evaluation: Evaluation) => readonly Block[] | null;
  readonly findings: (evaluation: Evaluation) => readonly Finding[];
}
