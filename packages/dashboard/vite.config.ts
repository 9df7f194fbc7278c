import { defineConfig } from "vite";

export default defineConfig({
  build: { outDir: "dist/site", emptyOutDir: true, target: "es2024" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  logLevel: "warn",
});
