import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const all = globSync(["*.md", "docs/*.md", "docs/reference/*.md", "examples/*.md"], { cwd: fileURLToPath(root) });

/** What a page links to, without the web: a file, and perhaps a heading in it. */
function linksOf(page: string): { readonly file: URL; readonly heading: string }[] {
  const here = new URL(page, root);
  const text = readFileSync(here, "utf8").replace(/^```.*?^```/gms, "");
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets
    .filter((target) => !/^\w+:/.test(target))
    .map((target) => {
      const { href, hash } = new URL(target, here);
      return { file: new URL(href.replace(hash, "")), heading: hash.slice(1) };
    });
}

/** Headings as GitHub makes anchors of them. */
function anchorsOf(file: URL): string[] {
  const headings = readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

test.each(all)("%s links to files and headings that are there", (page) => {
  for (const { file, heading } of linksOf(page)) {
    expect(existsSync(file), file.href).toBe(true);
    if (heading !== "") expect(anchorsOf(file), file.href).toContain(heading);
  }
});

test("the index leads to every page", () => {
  const led = linksOf("docs/README.md").map(({ file }) => file.href);
  const pages = all.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  expect(pages.filter((page) => !led.includes(new URL(page, root).href))).toEqual([]);
});
