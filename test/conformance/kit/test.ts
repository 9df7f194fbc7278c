import { type TestAPI, test as vitest } from "vitest";
import type { Lab, LabOptions } from "./lab.ts";
import { MemoryLab } from "./memory-lab.ts";

const overSockets = process.env.NOMAD_CONFORMANCE_WIRE === "sockets";

/** A lab in memory; with NOMAD_CONFORMANCE_WIRE=sockets in the environment, one of sockets. */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  if (!overSockets) return new MemoryLab(options);
  const { ProcessLab } = await import("../shell/remote/process-lab.ts");
  return ProcessLab.join(options);
}

/** A test that is given `lab`: two contexts, closed at its end. */
export const test: TestAPI<{ lab: Lab }> = vitest.extend<{ lab: Lab }>({
  lab: async ({ task: _ }, use) => {
    await using lab = await openLab();
    await use(lab);
  },
});

/** One that needs virtual time: over sockets it is left out. */
export function virtualTest(title: string, run: (given: { lab: Lab }) => Promise<void>): void {
  test.skipIf(overSockets)(title, run);
}
