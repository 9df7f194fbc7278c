import { renderSvg } from "../chart/render.ts";
import type { Block, SectionText } from "./block.ts";

const style = `
body { font: 16px/1.5 system-ui, sans-serif; color: #24292f; background: #fff; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto }
th, td { border: 1px solid #d0d7de; padding: .25rem .6rem; text-align: right }
th:first-child, td:first-child { text-align: left }
svg { max-width: 100%; height: auto; border: 1px solid #d0d7de }`;

/** The report as one file that needs nothing else: charts are in it. */
export function toHtml(title: string, sections: readonly SectionText[]): string {
  const body = sections.flatMap((section) => [`<h2>${escaped(section.title)}</h2>`, ...section.blocks.map(block)]);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<style>${style}
</style></head>
<body>
<h1>${escaped(title)}</h1>
${body.join("\n")}
</body>
</html>
`;
}

function block(of: Block): string {
  switch (of.kind) {
    case "text":
      return `<p>${escaped(of.text)}</p>`;
    case "list":
      return `<ul>${of.items.map((item) => `<li>${escaped(item)}</li>`).join("")}</ul>`;
    case "table":
      return `<table><thead>${row("th", of.head)}</thead><tbody>${of.rows.map((cells) => row("td", cells)).join("")}</tbody></table>`;
    case "chart":
      return renderSvg(of.chart);
  }
}

const row = (tag: string, cells: readonly string[]): string =>
  `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;

const escaped = (plain: string): string =>
  plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
