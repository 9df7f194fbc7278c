import { defineConfig } from "vitest/config";

/** What takes long for one file, with processes of its own: `npm run test:long`. All others: `npm test`. */
const long = ["test/docs/{tutorial,guests}.test.ts", "test/mpi/*.test.ts", "packages/bench/src/shell/*.test.ts"];
// They need an engine, and have a command of their own: npm run test:docker.
const never = ["**/node_modules/**", "test/docker/**"];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "short",
          include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "examples/*.test.ts"],
          exclude: [...never, ...long],
        },
      },
      { extends: true, test: { name: "long", include: long, exclude: never } },
    ],
    setupFiles: ["test/fuzz/shell/setup.ts"],
    // Many tests wait for processes of their own: a worker for each core, none of them kept free.
    maxWorkers: "100%",
    // A bound for what hangs, not a verdict: a busy machine may be ten times slower.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
