import type { Block, SectionText } from "./block.ts";

/** The report for whoever reads a repository; its charts are files beside it. */
export function toMarkdown(title: string, sections: readonly SectionText[]): string {
  const parts = sections.flatMap((section) => [`## ${section.title}`, ...section.blocks.map(block)]);
  return `${[`# ${title}`, ...parts].join("\n\n")}\n`;
}

function block(of: Block): string {
  switch (of.kind) {
    case "text":
      return escaped(of.text);
    case "list":
      return of.items.map((item) => `- ${escaped(item)}`).join("\n");
    case "table":
      return [of.head, of.head.map(() => "---"), ...of.rows].map(row).join("\n");
    case "chart":
      return `![${escaped(of.chart.alt)}](${of.chart.name}.svg)`;
  }
}

const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(" | ")} |`;
const escaped = (plain: string): string => plain.replaceAll(/[\\`*_[\]<|]/g, "\\$&");
