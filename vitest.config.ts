import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "examples/*.test.ts"],
    // They need an engine, and have a command of their own: npm run test:docker.
    exclude: ["**/node_modules/**", "test/docker/**"],
    testTimeout: 30_000,
  },
});
