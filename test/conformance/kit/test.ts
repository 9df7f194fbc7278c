import { test as vitest } from "vitest";
import { Lab } from "./lab.ts";

/** A test that is given `lab`: two contexts, closed at its end. */
export const test = vitest.extend<{ lab: Lab }>({
  lab: async ({ task: _ }, use) => {
    await using lab = await Lab.open();
    await use(lab);
  },
});
