import { NomadError } from "@nomad/base";
import type { CentralProcess } from "../central-process.ts";

/** What the core answers by callback, as a promise. */
export function outcome<T>(
  ask: (done: (result: T | NomadError) => void) => void,
  central: Pick<CentralProcess, "turn">,
): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((result) => (result instanceof NomadError ? reject(result) : resolve(result)));
    central.turn();
  });
}
