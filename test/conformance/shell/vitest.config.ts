import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Each verb of a port in another process is a call there and back: what is long in memory is many times as long. */
const overSockets = process.env.NOMAD_CONFORMANCE_WIRE === "sockets";

/** The suite alone, in as few processes as can be; with a fault planted where the environment names one. */
export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  test: {
    include: ["test/conformance/*.test.ts"],
    setupFiles: ["test/conformance/shell/plant.ts"],
    isolate: false,
    testTimeout: overSockets ? 180_000 : 30_000,
  },
});
