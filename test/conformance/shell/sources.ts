import { globSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeMutant, mutantNames } from "@nomad/hca/mutants";
import { differences } from "../differences.ts";
import { witnesses } from "../mutants.ts";
import { notApplicable } from "../not-applicable.ts";
import { type Coverage, coverageOf } from "../report/coverage.ts";
import { documentOf } from "../report/document.ts";
import { parseNames } from "../report/names.ts";
import { titlesIn } from "../report/titles.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
const documentFile = fileURLToPath(new URL("../../../docs/conformance.md", import.meta.url));

/** What the files of the suite say, without running them. */
export function readCoverage(): Coverage {
  const names = parseNames(readFileSync(`${folder}/names.txt`, "utf8"));
  const files = globSync("*.test.ts", { cwd: folder }).sort();
  const titles = files.flatMap((file) => titlesIn(file, readFileSync(`${folder}/${file}`, "utf8")));
  return coverageOf(names, titles, notApplicable);
}

/** docs/conformance.md as it should be. */
export function renderDocument(): string {
  return documentOf(
    readCoverage(),
    differences,
    mutantNames.map((name) => ({ name, fault: describeMutant(name), witness: witnesses[name] })),
  );
}

export function readDocument(): string {
  return readFileSync(documentFile, "utf8");
}

export function writeDocument(): void {
  writeFileSync(documentFile, renderDocument());
}
