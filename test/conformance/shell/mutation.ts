import { availableParallelism } from "node:os";
import { type MutantName, mutantNames } from "@nomad/hca/mutants";
import { witnesses } from "../mutants.ts";
import { mutantVariable } from "./plant.ts";
import { literal, runSuite } from "./run-suite.ts";

/** A planted fault, and the title of a test that it turned red; null when all stayed green. */
export interface Mutation {
  readonly name: MutantName;
  readonly caughtBy: string | null;
}

/** Plants each fault in a run of its own, as many at a time as there are cores. */
export async function runMutants(onDone: (mutation: Mutation) => void): Promise<Mutation[]> {
  const waiting = [...mutantNames];
  const done: Mutation[] = [];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const mutation = { name, caughtBy: await catcherOf(name) };
      done.push(mutation);
      onDone(mutation);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return done;
}

/** The test that is known to notice it, which saves time; if it does not, any of the suite. */
async function catcherOf(name: MutantName): Promise<string | null> {
  const options = { bail: true, environment: { [mutantVariable]: name } };
  const { file, words } = witnesses[name];
  const expected = await runSuite({ ...options, file, pattern: literal(words) });
  const { failed } = expected.failed.length > 0 ? expected : await runSuite(options);
  return failed[0]?.title ?? null;
}
