import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "examples/*.test.ts"],
    // They need an engine, and have a command of their own: npm run test:docker.
    exclude: ["**/node_modules/**", "test/docker/**"],
    setupFiles: ["test/fuzz/shell/setup.ts"],
    // Many tests wait for processes of their own: a worker for each core, none of them kept free.
    maxWorkers: "100%",
    // A bound for what hangs, not a verdict: a busy machine may be ten times slower.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
