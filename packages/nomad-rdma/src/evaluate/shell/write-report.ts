import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Evaluation, Finding } from "@nomad/evaluation";

/** Writes the files of the report, over those that there are. Returns their names, and what the report finds. */
export async function writeReport(
  directory: string,
  evaluation: Evaluation,
): Promise<{ files: readonly string[]; findings: readonly Finding[] }> {
  // What draws the charts is large: it is loaded by whom needs it.
  const { findingsOf, reportFiles } = await import("@nomad/evaluation");
  const files = reportFiles(evaluation);
  mkdirSync(directory, { recursive: true });
  for (const [name, contents] of files) writeFileSync(join(directory, name), contents);
  return { files: [...files.keys()], findings: findingsOf(evaluation) };
}
