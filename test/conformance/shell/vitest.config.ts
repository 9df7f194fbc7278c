import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The suite alone, in as few processes as can be; with a fault planted where the environment names one. */
export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  test: {
    include: ["test/conformance/*.test.ts"],
    setupFiles: ["test/conformance/shell/plant.ts"],
    isolate: false,
    testTimeout: 30_000,
  },
});
