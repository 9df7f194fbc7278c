import { defineConfig } from "vitest/config";

// Each file has labs of its own; two at a time would only wait for each other's processors.
export default defineConfig({
  test: {
    include: ["test/docker/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
