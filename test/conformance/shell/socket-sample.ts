import { Random } from "@nomad/base";
import { sampleOf } from "../report/sample.ts";
import { literal, runSuite, type SuiteResult } from "./run-suite.ts";
import { readCoverage } from "./sources.ts";

/** Its mesh polls many queues at once and keeps views of their memory, which a port of another process does not allow. */
const oneProcessOnly = new Set(["traffic-ud.test.ts"]);

/** `count` tests of each file, as the seed picks them, of those that need no virtual time. */
export function pickSample(count: number, seed: number): string[] {
  const titles = readCoverage().entries.flatMap(({ title }) => title ?? []);
  const real = titles.filter(({ virtual, file }) => !virtual && !oneProcessOnly.has(file));
  return sampleOf(real, count, new Random(seed));
}

/** Runs tests of these names over WebSockets: each context is a port of its own, in a process of its own, which the others dial. */
export function runOverSockets(names: readonly string[]): Promise<SuiteResult> {
  const pattern = `^(${names.map(literal).join("|")}): `;
  return runSuite({ pattern, environment: { NOMAD_CONFORMANCE_WIRE: "sockets" } });
}
