import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pages } from "./pages/index.ts";

test.each(pages)("docs/$path is current: npm run docs:generate writes it", async ({ path, text }) => {
  const before = readFileSync(new URL(`../../docs/${path}`, import.meta.url), "utf8");
  expect(before).toBe(await text(before));
});
