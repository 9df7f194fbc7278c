// Writes the pages of docs/ that are made from the code: npm run docs:generate.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { pages } from "../pages/index.ts";

for (const { path, text } of pages) {
  const file = new URL(`../../../docs/${path}`, import.meta.url);
  writeFileSync(file, await text(existsSync(file) ? readFileSync(file, "utf8") : ""));
}
