import { availableParallelism } from "node:os";
import { type MutantName, mutantNames } from "@nomad/hca/mutants";
import { mutantVariable } from "./plant.ts";
import { runSuite } from "./run-suite.ts";

/** A planted fault, and the title of a test that it turned red; null when all stayed green. */
export interface Mutation {
  readonly name: MutantName;
  readonly caughtBy: string | null;
}

/** Runs the suite once for each fault, as many at a time as there are cores. */
export async function runMutants(onDone: (mutation: Mutation) => void): Promise<Mutation[]> {
  const waiting = [...mutantNames];
  const done: Mutation[] = [];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const { failed } = await runSuite({ bail: true, environment: { [mutantVariable]: name } });
      const mutation = { name, caughtBy: failed[0]?.title ?? null };
      done.push(mutation);
      onDone(mutation);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return done;
}
