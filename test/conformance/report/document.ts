import { markdownTable } from "../../kit/markdown-table.ts";
import type { Difference } from "../differences.ts";
import type { Witness } from "../mutants.ts";
import { type Coverage, countsOf, type Entry } from "./coverage.ts";

/** What the document says of a mutant. */
export interface MutantLine {
  readonly name: string;
  /** What the adapter then does. */
  readonly fault: string;
  /** A test that notices, and its file. */
  readonly witness: Witness;
}

/** docs/conformance.md. */
export function documentOf(
  { entries }: Coverage,
  differences: readonly Difference[],
  mutants: readonly MutantLine[],
): string {
  const { shown, notApplicable, missing } = countsOf(entries);
  const groups = Map.groupBy(entries, ({ group }) => group);
  return [
    "# Conformance",
    "",
    "The yardstick is the list of behaviours that [google/rdma-unit-test](https://github.com/google/rdma-unit-test) names, for",
    "adapters of any make. Each has a test of our own, written from the InfiniBand Architecture Specification and the manual pages",
    "of libibverbs, or a reason why it cannot apply. `npm run conformance` runs them, and writes this file.",
    "",
    `Of ${entries.length} names ${shown} are shown, ${notApplicable} cannot apply, and ${missing.length} are missing.`,
    ...[...groups].flatMap(([group, members]) => ["", `## ${group}`, "", markdownTable(nameHeads, members.map(rowOf))]),
    "",
    "## Where ours is not what the yardstick expects",
    "",
    "The expectations are those of rdma-unit-test's sources, which tell what adapters do that its authors have tried.",
    "",
    markdownTable(
      ["names", "expected", "ours", "why"],
      differences.map(({ names, expected, ours, reason }) => [names, expected, ours, reason]),
    ),
    "",
    "## Between processes",
    "",
    "`npm run conformance -- --sockets --seed N` runs a sample of every file over WebSockets, with each port in a process of its own.",
    "Left out are tests that need virtual time, and traffic-ud.test.ts, whose mesh keeps views of many ports' memory.",
    "",
    "## Mutants",
    "",
    "Each of these faults, planted in the adapter, turns a test of the suite red: `npm run conformance` plants them one by one.",
    "",
    markdownTable(
      ["mutant", "the adapter then", "a test that turns red"],
      mutants.map(({ name, fault, witness }) => [
        `\`${name}\``,
        fault,
        `${witness.words.replace(/:$/, "")} (${link(witness.file)})`,
      ]),
    ),
    "",
  ].join("\n");
}

const nameHeads = ["name", "what holds", "test"];

function rowOf({ name, title, reason }: Entry): string[] {
  if (title !== null) return [name, title.sentence, link(title.file)];
  return [name, reason === null ? "missing" : `cannot apply: ${reason}`, ""];
}

function link(file: string): string {
  return `[${file}](../test/conformance/${file})`;
}
