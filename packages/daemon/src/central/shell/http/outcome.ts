import { NomadError } from "@nomad/base";
import type { ServedCentral } from "./served-central.ts";

/** What the core answers by callback, as a promise. */
export function outcome<T>(
  ask: (done: (result: T | NomadError) => void) => void,
  central: Pick<ServedCentral, "turn">,
): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((result) => (result instanceof NomadError ? reject(result) : resolve(result)));
    central.turn();
  });
}
